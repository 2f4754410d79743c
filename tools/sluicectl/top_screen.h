// What `sluicectl top` shows: what happened between two looks at a gateway, as lines of text.
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_SCREEN_H_
#define SLUICE_TOOLS_SLUICECTL_TOP_SCREEN_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace sluice::sluicectl {

// A look at a gateway: the results of `stats`, and the rows of `connections` and `opens`.
struct TopSample {
  nlohmann::json stats;
  nlohmann::json connections;
  nlohmann::json opens;
};

enum class TopOrder : uint8_t { kOperations, kBytes, kLatency, kName };

struct TopView {
  int rows = 24;
  int columns = 80;
  TopOrder order = TopOrder::kOperations;
  bool paused = false;
};

// At most `view.rows` lines of at most `view.columns` characters, without a newline behind the
// last. Names come from clients: what could steer a terminal is shown as '?'.
std::string RenderTop(const TopSample& before, const TopSample& now, const TopView& view);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_TOP_SCREEN_H_
