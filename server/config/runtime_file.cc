#include "server/config/runtime_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/replace_file.h"
#include "server/config/share_rules.h"

namespace sluice::config {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

absl::Status Damaged(absl::string_view path, absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat(path, " is damaged (", why,
                   "). It was left as it is: restore it from a backup, or move it away and set "
                   "again what was set at run time."));
}

bool AreStrings(const json& value) {
  for (const json& item : value) {
    if (!item.is_string()) return false;
  }
  return true;
}

bool ReadShare(const json& record, ShareOptions* share) {
  if (!record.is_object() || !AreStrings(record)) return false;
  share->name = record.value("name", "");
  share->path = record.value("path", "");
  share->comment = record.value("comment", "");
  return CheckShareName(share->name).ok() &&
         ParseStorage(record.value("storage", ""), &share->storage);
}

}  // namespace

absl::StatusOr<Runtime> LoadRuntime(const std::string& path) {
  Runtime runtime;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) return runtime;
  std::ifstream file(path);
  file.peek();  // a directory can be opened, but not read
  if (!file.is_open() || file.bad()) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return Damaged(path, "it is not a JSON object");
  if (document.value("version", json()) != kVersion) return Damaged(path, "its version is not 1");
  const json preferences = document.value("preferences", json());
  if (!preferences.is_object() || !AreStrings(preferences)) {
    return Damaged(path, "its preferences are not strings");
  }
  for (const auto& [name, value] : preferences.items()) runtime.preferences[name] = value;
  const json shares = document.value("shares", json::array());
  const json removed = document.value("removed_shares", json::array());
  if (!shares.is_array() || !removed.is_array() || !AreStrings(removed)) {
    return Damaged(path, "its shares are not lists");
  }
  for (const json& record : shares) {
    ShareOptions share;
    if (!ReadShare(record, &share)) return Damaged(path, "a share in it is not valid");
    runtime.shares.push_back(std::move(share));
  }
  for (const json& name : removed) runtime.removed_shares.push_back(name.get<std::string>());
  return runtime;
}

absl::Status SaveRuntime(const std::string& path, const Runtime& runtime) {
  json shares = json::array();
  for (const ShareOptions& share : runtime.shares) {
    shares.push_back({{"name", share.name},
                      {"path", share.path},
                      {"comment", share.comment},
                      {"storage", std::string(Name(share.storage))}});
  }
  const json document = {{"version", kVersion},
                         {"preferences", runtime.preferences},
                         {"shares", shares},
                         {"removed_shares", runtime.removed_shares}};
  return base::ReplaceFile(path, document.dump(2) + "\n");
}

}  // namespace sluice::config
