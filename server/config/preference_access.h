// How a row of the preference table reads and writes its member, by the member's type: for
// preference_rows_*.cc only.
#ifndef SLUICE_SERVER_CONFIG_PREFERENCE_ACCESS_H_
#define SLUICE_SERVER_CONFIG_PREFERENCE_ACCESS_H_

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/config/preferences.h"

namespace sluice::config {

// The groups, to be joined by PreferenceTable.
absl::Span<const PreferenceRow> ProtocolRows();
absl::Span<const PreferenceRow> LimitRows();
absl::Span<const PreferenceRow> AuthRows();
absl::Span<const PreferenceRow> LogRows();
absl::Span<const PreferenceRow> ShareRows();

namespace access {

// The struct that a member lives in.
inline Preferences& Home(const PreferenceTarget& target, Preferences*) { return target.all; }
inline LimitPreferences& Home(const PreferenceTarget& target, LimitPreferences*) {
  return target.all.limits;
}
inline TimeoutPreferences& Home(const PreferenceTarget& target, TimeoutPreferences*) {
  return target.all.timeouts;
}
inline AuthPreferences& Home(const PreferenceTarget& target, AuthPreferences*) {
  return target.all.auth;
}
inline LogPreferences& Home(const PreferenceTarget& target, LogPreferences*) {
  return target.all.log;
}
inline SharePreferences& Home(const PreferenceTarget& target, SharePreferences*) {
  return *target.share;
}

template <typename Struct, typename Value>
Value& At(const PreferenceTarget& target, Value Struct::*member) {
  return Home(target, static_cast<Struct*>(nullptr)).*member;
}

// INVALID_ARGUMENT: what was given and what is valid.
absl::Status Refused(const PreferenceRow& row, absl::string_view value);
absl::Status ParseBool(const PreferenceRow& row, absl::string_view text, bool* value);
absl::Status ParseInteger(const PreferenceRow& row, absl::string_view text, uint64_t* value);
// The choice's place in `row.choices`.
absl::Status ParseChoice(const PreferenceRow& row, absl::string_view text, size_t* index);
// Comma-separated, without repetitions, at least one; their places in `row.choices`.
absl::Status ParseList(const PreferenceRow& row, absl::string_view text,
                       std::vector<size_t>* indices);
// Comma-separated, without repetitions; may be empty.
absl::Status ParseTexts(const PreferenceRow& row, absl::string_view text,
                        std::vector<std::string>* values);

}  // namespace access

// kBool.
template <auto kMember>
absl::Status SetBool(const PreferenceRow& row, const PreferenceTarget& target,
                     absl::string_view text) {
  return access::ParseBool(row, text, &access::At(target, kMember));
}
template <auto kMember>
std::string GetBool(const PreferenceTarget& target) {
  return access::At(target, kMember) ? "true" : "false";
}

// kInteger, for uint64_t members.
template <auto kMember>
absl::Status SetInteger(const PreferenceRow& row, const PreferenceTarget& target,
                        absl::string_view text) {
  return access::ParseInteger(row, text, &access::At(target, kMember));
}
template <auto kMember>
std::string GetInteger(const PreferenceTarget& target) {
  return absl::StrCat(access::At(target, kMember));
}

// A choice's name and what it stands for; the table's `choices` are the names in the same order.
template <typename Value, size_t kCount>
struct Choices {
  absl::string_view names[kCount];
  Value values[kCount];

  absl::string_view NameOf(Value value) const {
    return names[std::find(values, values + kCount, value) - values];
  }
};

// kChoice.
template <auto kMember, const auto& kChoices>
absl::Status SetChoice(const PreferenceRow& row, const PreferenceTarget& target,
                       absl::string_view text) {
  size_t index = 0;
  absl::Status status = access::ParseChoice(row, text, &index);
  if (status.ok()) access::At(target, kMember) = kChoices.values[index];
  return status;
}
template <auto kMember, const auto& kChoices>
std::string GetChoice(const PreferenceTarget& target) {
  return std::string(kChoices.NameOf(access::At(target, kMember)));
}

// kList, for vectors of what the choices stand for.
template <auto kMember, const auto& kChoices>
absl::Status SetList(const PreferenceRow& row, const PreferenceTarget& target,
                     absl::string_view text) {
  std::vector<size_t> indices;
  absl::Status status = access::ParseList(row, text, &indices);
  if (!status.ok()) return status;
  auto& list = access::At(target, kMember);
  list.clear();
  for (size_t index : indices) list.push_back(kChoices.values[index]);
  return status;
}
template <auto kMember, const auto& kChoices>
std::string GetList(const PreferenceTarget& target) {
  return absl::StrJoin(access::At(target, kMember), ",", [](std::string* out, auto value) {
    absl::StrAppend(out, kChoices.NameOf(value));
  });
}

// kTexts, for vectors of strings.
template <auto kMember>
absl::Status SetTexts(const PreferenceRow& row, const PreferenceTarget& target,
                      absl::string_view text) {
  return access::ParseTexts(row, text, &access::At(target, kMember));
}
template <auto kMember>
std::string GetTexts(const PreferenceTarget& target) {
  return absl::StrJoin(access::At(target, kMember), ",");
}

inline constexpr Choices<EncryptionMode, 4> kEncryptionModes = {
    {"off", "enabled", "desired", "required"},
    {EncryptionMode::kOff, EncryptionMode::kEnabled, EncryptionMode::kDesired,
     EncryptionMode::kRequired}};
inline constexpr Choices<crypto::SigningAlgorithm, 3> kSigningAlgorithms = {
    {"AES-128-GMAC", "AES-128-CMAC", "HMAC-SHA256"},
    {crypto::SigningAlgorithm::kAes128Gmac, crypto::SigningAlgorithm::kAes128Cmac,
     crypto::SigningAlgorithm::kHmacSha256}};

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_PREFERENCE_ACCESS_H_
