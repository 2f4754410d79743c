// The directory in which a gateway keeps its users, its groups and what was set at run time.
#ifndef SLUICE_SERVER_BASE_STATE_DIRECTORY_H_
#define SLUICE_SERVER_BASE_STATE_DIRECTORY_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::base {

// Makes it, for its owner alone, where it does not exist; its parent must be there.
absl::Status MakeStateDirectory(const std::string& path);

// While one lives no other process, and no other object, has the lock of the same directory: what
// is kept there is read once and then written as a whole, so that two gateways would undo each
// other's changes. The kernel gives the lock back when the process ends, however it ends.
class StateDirectoryLock {
 public:
  // Makes the directory where it does not exist. The error of one that is in use says so.
  static absl::StatusOr<std::unique_ptr<StateDirectoryLock>> Take(const std::string& path);
  ~StateDirectoryLock();
  StateDirectoryLock(const StateDirectoryLock&) = delete;
  StateDirectoryLock& operator=(const StateDirectoryLock&) = delete;

 private:
  explicit StateDirectoryLock(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_STATE_DIRECTORY_H_
