#include "server/config/preferences.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/base/fold_name.h"
#include "server/config/nearest.h"
#include "server/config/preference_access.h"

namespace sluice::config {
namespace {

constexpr absl::string_view kSharePrefix = "share.";

// The accessors read through the same target that they write through; nothing is written here.
PreferenceTarget TargetOf(const Preferences& preferences, const PreferenceKey& key) {
  auto& all = const_cast<Preferences&>(preferences);
  if (!key.row->of_share) return {all};
  return {all, &all.shares.at(key.share)};
}

absl::Status NoSuch(absl::string_view name, const Preferences& preferences) {
  std::vector<std::string> names;
  for (const PreferenceKey& key : AllPreferences(preferences)) names.push_back(key.name());
  const std::vector<absl::string_view> views(names.begin(), names.end());
  return absl::NotFoundError(
      absl::StrCat("there is no preference \"", name, "\"", DidYouMean(name, views)));
}

}  // namespace

namespace access {

absl::Status Refused(const PreferenceRow& row, absl::string_view value) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", value, "\" is not valid; it must be ", ValidValues(row)));
}

absl::Status ParseBool(const PreferenceRow& row, absl::string_view text, bool* value) {
  if (text != "true" && text != "false") return Refused(row, text);
  *value = text == "true";
  return absl::OkStatus();
}

absl::Status ParseInteger(const PreferenceRow& row, absl::string_view text, uint64_t* value) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  uint64_t parsed = 0;
  if (!digits || !absl::SimpleAtoi(text, &parsed) || parsed < row.min || parsed > row.max) {
    return Refused(row, text);
  }
  *value = parsed;
  return absl::OkStatus();
}

absl::Status ParseChoice(const PreferenceRow& row, absl::string_view text, size_t* index) {
  const auto found = std::find(row.choices.begin(), row.choices.end(), text);
  if (found == row.choices.end()) return Refused(row, text);
  *index = static_cast<size_t>(found - row.choices.begin());
  return absl::OkStatus();
}

absl::Status ParseList(const PreferenceRow& row, absl::string_view text,
                       std::vector<size_t>* indices) {
  std::vector<std::string> names;
  absl::Status status = ParseTexts(row, text, &names);
  if (!status.ok()) return status;
  if (names.empty()) return Refused(row, text);
  for (const std::string& name : names) {
    size_t index = 0;
    status = ParseChoice(row, name, &index);
    if (!status.ok()) return status;
    indices->push_back(index);
  }
  return absl::OkStatus();
}

absl::Status ParseTexts(const PreferenceRow& row, absl::string_view text,
                        std::vector<std::string>* values) {
  std::vector<std::string> parsed;
  for (absl::string_view item : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    item = absl::StripAsciiWhitespace(item);
    if (std::find(parsed.begin(), parsed.end(), item) != parsed.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", item, "\" is named twice; it must be ", ValidValues(row)));
    }
    parsed.emplace_back(item);
  }
  *values = std::move(parsed);
  return absl::OkStatus();
}

}  // namespace access

absl::Span<const PreferenceRow> PreferenceTable() {
  static const std::vector<PreferenceRow>* const kAll = [] {
    auto* all = new std::vector<PreferenceRow>;
    for (const auto rows : {ProtocolRows(), LimitRows(), AuthRows(), LogRows(), ShareRows()}) {
      all->insert(all->end(), rows.begin(), rows.end());
    }
    return all;
  }();
  return *kAll;
}

std::string ValidValues(const PreferenceRow& row) {
  switch (row.type) {
    case PreferenceType::kBool:
      return "true or false";
    case PreferenceType::kInteger:
      return absl::StrCat("a whole number from ", row.min, " to ", row.max,
                          row.unit.empty() ? "" : " ", row.unit);
    case PreferenceType::kChoice:
      return absl::StrCat("one of ", absl::StrJoin(row.choices, ", "));
    case PreferenceType::kList:
      return absl::StrCat("a list, with commas, of ", absl::StrJoin(row.choices, ", "));
    case PreferenceType::kTexts:
      return "a list of names, with commas";
  }
  return "";
}

absl::string_view Name(Applies applies) {
  switch (applies) {
    case Applies::kAtOnce:
      return "at once";
    case Applies::kNewConnections:
      return "new connections";
    case Applies::kNewSessions:
      return "new sessions";
    case Applies::kNewTrees:
      return "new tree connects";
  }
  return "";
}

absl::string_view Name(PreferenceType type) {
  static constexpr absl::string_view kNames[] = {"boolean", "integer", "choice", "list", "texts"};
  return kNames[static_cast<size_t>(type)];
}

absl::string_view Name(EncryptionMode mode) { return kEncryptionModes.NameOf(mode); }

std::string PreferenceKey::name() const {
  return row->of_share ? absl::StrCat(kSharePrefix, share, ".", row->name) : std::string(row->name);
}

absl::StatusOr<PreferenceKey> FindPreference(const Preferences& preferences,
                                             absl::string_view name) {
  PreferenceKey key;
  absl::string_view row_name = name;
  const bool of_share = absl::StartsWith(name, kSharePrefix);
  if (of_share) {
    const size_t dot = name.rfind('.');
    if (dot <= kSharePrefix.size()) return NoSuch(name, preferences);
    const absl::string_view share = name.substr(0, dot).substr(kSharePrefix.size());
    row_name = name.substr(dot + 1);
    for (const auto& [known, ignored] : preferences.shares) {
      if (base::SameName(known, share)) key.share = known;
    }
    if (key.share.empty()) return NoSuch(name, preferences);
  }
  for (const PreferenceRow& row : PreferenceTable()) {
    if (row.name == row_name && row.of_share == of_share) {
      key.row = &row;
      return key;
    }
  }
  return NoSuch(name, preferences);
}

std::vector<PreferenceKey> AllPreferences(const Preferences& preferences) {
  std::vector<PreferenceKey> keys;
  for (const PreferenceRow& row : PreferenceTable()) {
    if (!row.of_share) keys.push_back({&row, ""});
  }
  for (const auto& [share, ignored] : preferences.shares) {
    for (const PreferenceRow& row : PreferenceTable()) {
      if (row.of_share) keys.push_back({&row, share});
    }
  }
  return keys;
}

std::string GetPreference(const Preferences& preferences, const PreferenceKey& key) {
  return key.row->get(TargetOf(preferences, key));
}

absl::Status SetPreference(Preferences& preferences, const PreferenceKey& key,
                           absl::string_view value) {
  absl::Status status = key.row->set(*key.row, TargetOf(preferences, key), value);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(key.name(), ": ", status.message()));
}

absl::Status SetPreference(Preferences& preferences, absl::string_view name,
                           absl::string_view value) {
  const absl::StatusOr<PreferenceKey> key = FindPreference(preferences, name);
  return key.ok() ? SetPreference(preferences, *key, value) : key.status();
}

absl::Status CheckTogether(const Preferences& preferences) {
  if (preferences.dialect_min > preferences.dialect_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "dialect.min (", proto::Name(preferences.dialect_min), ") is above dialect.max (",
        proto::Name(preferences.dialect_max), "): no client could connect; set both"));
  }
  return absl::OkStatus();
}

}  // namespace sluice::config
