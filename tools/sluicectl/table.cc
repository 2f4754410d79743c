#include "tools/sluicectl/table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/printable.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

std::string Cell(const json& value) {
  if (value.is_string()) return base::Printable(value.get_ref<const std::string&>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_array()) {
    return absl::StrJoin(
        value, ", ", [](std::string* out, const json& item) { absl::StrAppend(out, Cell(item)); });
  }
  return value.dump();
}

// Characters, not bytes, of UTF-8.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void AppendPadded(std::string* out, const std::string& text, size_t width) {
  absl::StrAppend(out, text, std::string(width - Width(text), ' '));
}

void AppendFields(std::string* out, const json& object, const std::string& indent) {
  size_t width = 0;
  for (const auto& [key, value] : object.items())
    width = std::max(width, Width(base::Printable(key)));
  for (const auto& [key, value] : object.items()) {
    absl::StrAppend(out, indent);
    if (value.is_object()) {
      absl::StrAppend(out, base::Printable(key), ":\n");
      AppendFields(out, value, indent + "  ");
      continue;
    }
    AppendPadded(out, base::Printable(key) + ":", width + 2);
    absl::StrAppend(out, Cell(value), "\n");
  }
}

}  // namespace

std::string RenderTable(const json& rows, absl::Span<const Column> columns,
                        absl::string_view none) {
  if (rows.empty()) return absl::StrCat(none, "\n");
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns) lines[0].emplace_back(column.heading);
  for (const json& row : rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const Column& column : columns)
      line.push_back(Cell(row.value(std::string(column.key), json(""))));
  }
  std::string out;
  for (const auto& line : lines) {
    for (size_t i = 0; i < columns.size(); ++i) {
      size_t width = 0;
      for (const auto& other : lines) width = std::max(width, Width(other[i]));
      if (i + 1 == columns.size()) {
        absl::StrAppend(&out, line[i], "\n");
      } else {
        AppendPadded(&out, line[i], width + 2);
      }
    }
  }
  return out;
}

std::string RenderFields(const json& object) {
  std::string out;
  AppendFields(&out, object, "");
  return out;
}

}  // namespace sluice::sluicectl
