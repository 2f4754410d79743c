#include "server/config/describe.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/config/file_keys.h"
#include "server/config/share_rules.h"
#include "server/config/toml_string.h"
#include "server/config/toml_text.h"

namespace sluice::config {
namespace {

// Values up to here have their origins in one column.
constexpr size_t kOriginColumn = 40;

struct Line {
  std::string section;  // "[signing]"; "[[share]]" begins another share with its name
  std::string key;
  std::string value;
  std::string origin;
};

std::string PlaceOf(const Configuration& file, const std::string& name) {
  const auto place = file.places.find(name);
  return place == file.places.end() ? "default" : absl::StrCat(file.file, ":", place->second.line);
}

std::string OriginOf(const Configuration& file, const PreferenceView& view) {
  if (view.source != Source::kRuntime) return PlaceOf(file, view.key.name());
  if (view.value == view.configured_value) return "set at run time";
  return absl::StrCat("set at run time; otherwise ",
                      TomlValue(*view.key.row, view.configured_value), " (",
                      PlaceOf(file, view.key.name()), ")");
}

Line MakeLine(absl::string_view name, std::string value, std::string origin) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(name, '.');
  return {absl::StrCat("[", parts.first, "]"), std::string(parts.second), std::move(value),
          std::move(origin)};
}

void AddShare(const Configuration& file, const ShareView& share, std::vector<Line>* lines) {
  const bool runtime = share.source == Source::kRuntime;
  const auto add = [&](const char* key, std::string value) {
    const std::string name = absl::StrCat("share.", share.options.name, ".", key);
    lines->push_back(
        {"[[share]]", key, std::move(value), runtime ? "set at run time" : PlaceOf(file, name)});
  };
  add("name", TomlString(share.options.name));
  if (share.options.storage == StorageKind::kPosix) {
    add("path", TomlString(share.options.path));
  }
  add("storage", TomlString(Name(share.options.storage)));
  add("comment", TomlString(share.options.comment));
}

void Append(const std::vector<Line>& lines, std::string* out) {
  std::string section;
  for (const Line& line : lines) {
    if (line.section != section || (line.section == "[[share]]" && line.key == "name")) {
      absl::StrAppend(out, section.empty() ? "" : "\n", line.section, "\n");
      section = line.section;
    }
    std::string text = absl::StrCat(line.key, " = ", line.value);
    if (text.size() < kOriginColumn) text.resize(kOriginColumn, ' ');
    absl::StrAppend(out, text, "  # ", line.origin, "\n");
  }
}

}  // namespace

std::string Describe(const LiveConfiguration& configuration) {
  const Configuration file = configuration.file();
  const std::vector<PreferenceView> preferences = configuration.List();
  std::vector<Line> lines;
  for (const FileKey& key : FileKeys()) {
    if (key.get == nullptr) continue;
    lines.push_back(MakeLine(key.name(), key.get(file), PlaceOf(file, key.name())));
  }
  for (const PreferenceView& view : preferences) {
    if (view.key.row->of_share) continue;
    lines.push_back(
        MakeLine(view.key.row->name, TomlValue(*view.key.row, view.value), OriginOf(file, view)));
  }
  // Settings and preferences may have a section in common.
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return (a.section != "[server]") < (b.section != "[server]") ||
           ((a.section != "[server]") == (b.section != "[server]") && a.section < b.section);
  });
  for (const ShareView& share : configuration.Shares()) {
    AddShare(file, share, &lines);
    for (const PreferenceView& view : preferences) {
      if (view.key.share != share.options.name) continue;
      lines.push_back({"[[share]]", std::string(view.key.row->name),
                       TomlValue(*view.key.row, view.value), OriginOf(file, view)});
    }
  }
  std::string out;
  for (const std::string& line : configuration.ignored()) absl::StrAppend(&out, "# ", line, "\n");
  Append(lines, &out);
  return out;
}

}  // namespace sluice::config
