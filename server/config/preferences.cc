#include "server/config/preferences.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/config/nearest.h"

namespace sluice::config {
namespace {

constexpr std::array<std::pair<absl::string_view, EncryptionMode>, 4> kEncryptionModes = {{
    {"off", EncryptionMode::kOff},
    {"enabled", EncryptionMode::kEnabled},
    {"desired", EncryptionMode::kDesired},
    {"required", EncryptionMode::kRequired},
}};

absl::Status ParseBool(absl::string_view value, bool* out) {
  if (value != "true" && value != "false") {
    return absl::InvalidArgumentError(absl::StrCat("\"", value, "\" is neither true nor false"));
  }
  *out = value == "true";
  return absl::OkStatus();
}

// A comma-separated list without repetitions, at least one long.
template <typename T>
absl::Status ParseList(absl::string_view value, absl::string_view valid,
                       bool (*parse)(absl::string_view, T*), std::vector<T>* out) {
  std::vector<T> parsed;
  for (absl::string_view item : absl::StrSplit(value, ',', absl::SkipWhitespace())) {
    item = absl::StripAsciiWhitespace(item);
    T one;
    if (!parse(item, &one)) {
      return absl::InvalidArgumentError(absl::StrCat("\"", item, "\" is not one of ", valid));
    }
    if (std::find(parsed.begin(), parsed.end(), one) != parsed.end()) {
      return absl::InvalidArgumentError(absl::StrCat("\"", item, "\" is named twice"));
    }
    parsed.push_back(one);
  }
  if (parsed.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("at least one is needed of ", valid));
  }
  *out = std::move(parsed);
  return absl::OkStatus();
}

template <typename T>
std::string JoinNames(const std::vector<T>& values) {
  return absl::StrJoin(
      values, ",", [](std::string* out, T value) { absl::StrAppend(out, crypto::Name(value)); });
}

constexpr absl::string_view kSigningAlgorithms = "AES-128-GMAC, AES-128-CMAC, HMAC-SHA256";
constexpr absl::string_view kCiphers = "AES-128-GCM, AES-128-CCM, AES-256-GCM, AES-256-CCM";

constexpr PreferenceRow kRows[] = {
    {"signing.required", "true|false", "new sessions", "refuse requests that are not signed",
     [](Preferences& p, absl::string_view value) { return ParseBool(value, &p.signing_required); },
     [](const Preferences& p) { return std::string(p.signing_required ? "true" : "false"); }},
    {"signing.algorithms", "list of AES-128-GMAC, AES-128-CMAC, HMAC-SHA256", "new connections",
     "what SMB 3.1.1 may sign with; the first that the client offers is taken",
     [](Preferences& p, absl::string_view value) {
       return ParseList<crypto::SigningAlgorithm>(
           value, kSigningAlgorithms, &crypto::ParseSigningAlgorithm, &p.signing_algorithms);
     },
     [](const Preferences& p) { return JoinNames(p.signing_algorithms); }},
    {"encryption.mode", "off|enabled|desired|required", "new sessions",
     "off: never; enabled: where client or share ask for it; desired: for every client that can; "
     "required: others are refused",
     [](Preferences& p, absl::string_view value) {
       return ParseEncryptionMode(value, &p.encryption);
     },
     [](const Preferences& p) { return std::string(Name(p.encryption)); }},
    {"encryption.ciphers", "list of AES-128-GCM, AES-128-CCM, AES-256-GCM, AES-256-CCM",
     "new connections", "what SMB 3.1.1 may seal with; the first that the client offers is taken",
     [](Preferences& p, absl::string_view value) {
       return ParseList<crypto::Cipher>(
           value, kCiphers,
           [](absl::string_view name, crypto::Cipher* cipher) {
             return crypto::ParseCipher(name, cipher) && *cipher != crypto::Cipher::kNone;
           },
           &p.ciphers);
     },
     [](const Preferences& p) { return JoinNames(p.ciphers); }},
};

}  // namespace

absl::Status ParseEncryptionMode(absl::string_view value, EncryptionMode* mode) {
  for (const auto& [name, candidate] : kEncryptionModes) {
    if (name == value) {
      *mode = candidate;
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", value, "\" is not one of off, enabled, desired, required"));
}

absl::string_view Name(EncryptionMode mode) {
  return kEncryptionModes[static_cast<size_t>(mode)].first;
}

absl::Span<const PreferenceRow> PreferenceTable() { return kRows; }

const PreferenceRow* FindPreference(absl::string_view name) {
  for (const PreferenceRow& row : kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

absl::Status SetPreference(Preferences& preferences, absl::string_view name,
                           absl::string_view value) {
  const PreferenceRow* row = FindPreference(name);
  if (row == nullptr) {
    std::vector<absl::string_view> names;
    for (const PreferenceRow& known : kRows) names.push_back(known.name);
    return absl::NotFoundError(
        absl::StrCat("there is no preference \"", name, "\"", DidYouMean(name, names)));
  }
  absl::Status status = row->set(preferences, value);
  if (!status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", status.message()));
  }
  return status;
}

}  // namespace sluice::config
