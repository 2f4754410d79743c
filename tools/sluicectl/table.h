// Rows of JSON as a table for people.
#ifndef SLUICE_TOOLS_SLUICECTL_TABLE_H_
#define SLUICE_TOOLS_SLUICECTL_TABLE_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::sluicectl {

struct Column {
  absl::string_view key;
  absl::string_view heading;
};

// One line per row under a line of headings, columns aligned; `none` if there are no rows.
// Characters that could steer a terminal are escaped: names come from clients.
std::string RenderTable(const nlohmann::json& rows, absl::Span<const Column> columns,
                        absl::string_view none);

// "key: value" lines, aligned; an object inside is indented.
std::string RenderFields(const nlohmann::json& object);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_TABLE_H_
