#include "server/fs/name_change.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/fs/volume.h"

namespace sluice::fs {
namespace {

bool Below(absl::string_view path, absl::string_view directory) {
  if (directory.empty()) return !path.empty();
  return path.size() > directory.size() && path[directory.size()] == '/' &&
         absl::StartsWith(path, directory);
}

}  // namespace

NameChange::NameChange(const Volume* volume, absl::string_view from, absl::string_view to)
    : volume_(volume), from_(from), to_(to) {}

std::optional<std::string> NameChange::For(const Volume* volume, absl::string_view path) {
  if (volume == volume_) {
    if (path != from_) return std::nullopt;
    return to_;
  }
  const std::string root = RootOf(volume);
  const std::string own = RootOf(volume_);
  if (root.empty() || own.empty()) return std::nullopt;
  if (absl::StrCat(root, path) != absl::StrCat(own, from_)) return std::nullopt;
  const std::string to = absl::StrCat(own, to_);
  if (to.size() <= root.size() || !absl::StartsWith(to, root)) return std::nullopt;
  return to.substr(root.size());
}

bool NameChange::IsBelow(const Volume* volume, absl::string_view path) {
  if (path.empty()) return false;
  if (volume == volume_) return Below(path, from_);
  const std::string root = RootOf(volume);
  const std::string own = RootOf(volume_);
  return !root.empty() && !own.empty() && Below(absl::StrCat(root, path), absl::StrCat(own, from_));
}

const std::string& NameChange::RootOf(const Volume* volume) {
  for (const auto& [known, root] : roots_) {
    if (known == volume) return root;
  }
  std::string root = volume->RootPath();
  if (!root.empty() && root.back() != '/') root += '/';
  roots_.emplace_back(volume, std::move(root));
  return roots_.back().second;
}

}  // namespace sluice::fs
