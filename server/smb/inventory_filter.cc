#include "server/smb/inventory_filter.h"

#include <fnmatch.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "server/base/fold_name.h"

namespace sluice::smb {
namespace {

// "[v6]" without its brackets.
absl::string_view Bare(absl::string_view address) {
  if (address.size() >= 2 && address.front() == '[' && address.back() == ']') {
    return address.substr(1, address.size() - 2);
  }
  return address;
}

uint64_t OwnId(InventoryKind kind, const InventoryRow& row) {
  switch (kind) {
    case InventoryKind::kConnections:
      return row.connection;
    case InventoryKind::kSessions:
      return row.session;
    case InventoryKind::kTrees:
      return row.tree;
    case InventoryKind::kOpens:
    case InventoryKind::kLocks:
      break;
  }
  return row.open;
}

}  // namespace

bool ClientMatches(absl::string_view client, absl::string_view peer) {
  if (client == peer) return true;
  const size_t colon = peer.rfind(':');
  return colon != absl::string_view::npos && Bare(client) == Bare(peer.substr(0, colon));
}

bool PathMatches(const std::string& filter, const std::string& path) {
  std::string wanted = filter;
  std::replace(wanted.begin(), wanted.end(), '\\', '/');
  if (wanted.find_first_of("*?") != std::string::npos) {
    return fnmatch(wanted.c_str(), path.c_str(), FNM_CASEFOLD | FNM_NOESCAPE) == 0;
  }
  absl::string_view above = wanted;
  while (!above.empty() && above.front() == '/') above.remove_prefix(1);
  while (!above.empty() && above.back() == '/') above.remove_suffix(1);
  if (above.empty()) return true;
  return absl::StartsWithIgnoreCase(path, above) &&
         (path.size() == above.size() || path[above.size()] == '/' || path[above.size()] == ':');
}

bool Matches(const InventoryQuery& query, const InventoryRow& row) {
  const InventoryFilter& filter = query.filter;
  if (filter.id != 0 && filter.id != OwnId(query.kind, row)) return false;
  if (!filter.client.empty() && !ClientMatches(filter.client, row.client)) return false;
  if (query.kind == InventoryKind::kConnections) return true;
  if (!filter.user.empty() && !absl::EqualsIgnoreCase(filter.user, row.user)) return false;
  if (query.kind == InventoryKind::kSessions) return true;
  if (!filter.share.empty() && !base::SameName(filter.share, row.share)) return false;
  if (query.kind == InventoryKind::kTrees) return true;
  return filter.path.empty() || PathMatches(filter.path, row.path);
}

}  // namespace sluice::smb
