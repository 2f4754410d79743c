// What the clients of one user hold of what the whole process has: opens, and memory of named
// pipes.
//
// A user may have more as long as he holds no more than a few times what is free then. So one user
// alone may have most of it, and for whoever holds little there is always something left: who is
// refused is who has much.
#ifndef SLUICE_SERVER_SMB_QUOTAS_H_
#define SLUICE_SERVER_SMB_QUOTAS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/base/net_limits.h"
#include "server/fs/lock_allowance.h"

namespace sluice::smb {

// Thread-safe. Outlives what it gave.
class Quotas {
 public:
  struct User {
    explicit User(absl::string_view of) : name(of) {}

    const std::string name;
    std::atomic<size_t> opens{0};
    std::atomic<size_t> pipe_bytes{0};
    fs::LockAllowance locks;
  };

  // The place of one open, until it is destroyed, and what the open keeps in memory.
  class Place {
   public:
    Place(Quotas& quotas, std::shared_ptr<User> user) : quotas_(quotas), user_(std::move(user)) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // The open keeps so many bytes now. False, and nothing has changed, where that is more than
    // before and the user may not have it.
    bool SetPipeBytes(size_t bytes);
    // Of the user. Keeps what it needs.
    std::shared_ptr<fs::LockAllowance> user_locks() const { return {user_, &user_->locks}; }

   private:
    Quotas& quotas_;
    const std::shared_ptr<User> user_;
    size_t pipe_bytes_ = 0;
  };

  // Before there is anybody.
  void set_opens_max(size_t opens_max) { opens_max_ = opens_max; }

  // The same object for the same name as long as somebody holds it.
  std::shared_ptr<User> ForUser(absl::string_view name);
  // Whether TakeOpen() would succeed now.
  bool HasRoomForOpen(const User& user) const;
  // Null where the user may not have one more.
  std::unique_ptr<Place> TakeOpen(std::shared_ptr<User> user);

  size_t opens() const { return opens_.load(std::memory_order_relaxed); }
  size_t opens_max() const { return opens_max_; }
  size_t pipe_bytes() const { return pipe_bytes_.load(std::memory_order_relaxed); }
  // How often somebody was refused.
  uint64_t opens_refused() const { return opens_refused_.load(std::memory_order_relaxed); }
  uint64_t pipe_bytes_refused() const {
    return pipe_bytes_refused_.load(std::memory_order_relaxed);
  }

 private:
  bool MayOpen(size_t of_user, size_t in_all) const;

  size_t opens_max_ = ~size_t{0} / 8;
  std::atomic<size_t> opens_{0};
  std::atomic<size_t> pipe_bytes_{0};
  std::atomic<uint64_t> opens_refused_{0};
  std::atomic<uint64_t> pipe_bytes_refused_{0};

  std::mutex mutex_;
  absl::flat_hash_map<std::string, std::weak_ptr<User>> users_;  // mutex_
  size_t prune_at_ = 64;                                         // mutex_; size of users_
};

// How the descriptors of a process are divided.
struct DescriptorBudget {
  size_t connections = 0;
  size_t opens = 0;
};
// Of `descriptors`, RLIMIT_NOFILE, with so many loops: what rings, pipes, listeners and the
// administration need is nobody else's.
DescriptorBudget DivideDescriptors(size_t descriptors, size_t loops);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_QUOTAS_H_
