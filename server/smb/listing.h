// Listings over all loops: each loop looks at what it owns, a little at a time, and the asking
// thread, which is none of theirs, puts the answers together.
#ifndef SLUICE_SERVER_SMB_LISTING_H_
#define SLUICE_SERVER_SMB_LISTING_H_

#include <chrono>

#include "absl/types/span.h"
#include "server/inventory.h"

namespace sluice::smb {

class Worker;

// Blocks, `timeout` at most; a loop that is slower goes on unheard with what `query.end` asks for,
// and stops looking otherwise. Not on a loop's thread. The loops and workers outlive the call.
Inventory TakeInventory(absl::Span<Worker* const> workers, const InventoryQuery& query,
                        std::chrono::milliseconds timeout);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_LISTING_H_
