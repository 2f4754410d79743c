// What a gateway tells of itself, as pages for people; --json shows all of it.
#ifndef SLUICE_TOOLS_SLUICECTL_PAGES_H_
#define SLUICE_TOOLS_SLUICECTL_PAGES_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace sluice::sluicectl {

// The result of `status`: what it serves, what it does, and what has gone wrong, if anything has.
std::string RenderStatus(const nlohmann::json& status);

// The result of `stats`: tables of commands, shares and loops, and whatever else was counted.
std::string RenderStats(const nlohmann::json& stats);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_PAGES_H_
