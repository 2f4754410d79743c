// How many connections each client address has: for limits.connections_per_address.
#ifndef SLUICE_SERVER_SMB_ADDRESS_COUNTS_H_
#define SLUICE_SERVER_SMB_ADDRESS_COUNTS_H_

#include <cstddef>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sluice::smb {

// Addresses are those of base::ClientAddress. Thread-safe. Holds no address without a connection.
class AddressCounts {
 public:
  // Counts a connection of `peer`'s address. False, with nothing counted, where it has `max`.
  [[nodiscard]] bool Enter(absl::string_view peer, size_t max);
  // Ends one that Enter counted.
  void Leave(absl::string_view peer);

 private:
  std::mutex mutex_;
  absl::flat_hash_map<std::string, size_t> counts_;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_ADDRESS_COUNTS_H_
