// What a connection, a session or an open has done, for listings.
#ifndef SLUICE_SERVER_SMB_ACTIVITY_H_
#define SLUICE_SERVER_SMB_ACTIVITY_H_

#include <cstdint>

namespace sluice::smb {

// On its owner's loop only.
struct Activity {
  uint64_t requests = 0;
  uint64_t bytes_read = 0;  // file data, as READ and WRITE carry it
  uint64_t bytes_written = 0;

  void Add(uint64_t read, uint64_t written) {
    ++requests;
    bytes_read += read;
    bytes_written += written;
  }
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_ACTIVITY_H_
