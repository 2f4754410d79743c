// Whether a row of a listing is one that was asked for.
#ifndef SLUICE_SERVER_SMB_INVENTORY_FILTER_H_
#define SLUICE_SERVER_SMB_INVENTORY_FILTER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/inventory.h"

namespace sluice::smb {

// `peer` is "address:port" or "[v6]:port"; `client` the same, or an address without brackets.
bool ClientMatches(absl::string_view client, absl::string_view peer);

// `path` has '/'; see InventoryFilter::path.
bool PathMatches(const std::string& filter, const std::string& path);

// Of the row's kind: what lies above it in the row is checked too, what lies below is not asked.
bool Matches(const InventoryQuery& query, const InventoryRow& row);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_INVENTORY_FILTER_H_
