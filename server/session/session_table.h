// All sessions of the process: for ending a client's previous session from whatever loop it is on
// [MS-SMB2] 3.3.5.5.3, and for listing. Thread-safe, sharded.
#ifndef SLUICE_SERVER_SESSION_SESSION_TABLE_H_
#define SLUICE_SERVER_SESSION_SESSION_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "crypto/algorithms.h"
#include "proto/smb2/negotiate.h"
#include "server/base/name_match.h"
#include "server/base/random.h"
#include "server/session/session.h"

namespace sluice::session {

// What a listing shows of a session.
struct SessionInfo {
  uint64_t id = 0;
  std::string user;
  std::string domain;
  std::string client_address;
  proto::Dialect dialect = proto::Dialect::kSmb202;
  crypto::SigningAlgorithm signing_algorithm = crypto::SigningAlgorithm::kHmacSha256;
  bool signing_required = false;
  crypto::Cipher cipher = crypto::Cipher::kNone;
  bool encrypted = false;
  bool guest = false;
  bool anonymous = false;
  base::NameMatch name_match = base::NameMatch::kFolded;
  absl::string_view log_on;  // as AuthenticatedUser's
  int64_t started_wall_nanos = 0;
  size_t loop_index = 0;
  uint64_t connection_id = 0;
  // How many files it has open now; null where nobody counts.
  std::shared_ptr<const std::atomic<size_t>> opens;
};

// Where a session lives. `session` is locked on the loop with `loop_index` only, so that the last
// reference is dropped there.
struct SessionHandle {
  size_t loop_index = 0;
  uint64_t connection_id = 0;
  std::weak_ptr<Session> session;
};

class SessionTable {
 public:
  // `random` outlives the table.
  explicit SessionTable(base::Random& random) : random_(random) {}

  // A new session id: random, 32 bits long, not all zeros or ones, and nobody else's until Remove.
  uint64_t Reserve();

  // Makes the session of a reserved id findable. Called when its first authentication succeeded,
  // and again when something in `info` changed.
  // REQUIRES: info.id was reserved.
  void Publish(SessionInfo info, std::weak_ptr<Session> session);

  // The session's traffic is encrypted from now on, by the client's choice. No-op for one that is
  // not there.
  void NoteEncryption(uint64_t id);

  // Frees the id. No-op for one that is not there.
  void Remove(uint64_t id);

  // The session that a client which now is `user` left behind and asks to end (PreviousSessionId):
  // false if there is none, it is another user's, a guest's or an anonymous one, or it is
  // `current_id` itself. User names are compared as they are: authentication gives each user one.
  bool FindPrevious(uint64_t previous_id, uint64_t current_id, absl::string_view user,
                    SessionHandle* handle) const;

  // The published sessions, in order of start.
  std::vector<SessionInfo> List() const;
  // Where a published session lives; false if there is none.
  bool Find(uint64_t id, SessionHandle* handle) const;
  // Published ones.
  size_t size() const;
  // The same, cheap.
  size_t published() const { return published_.load(std::memory_order_relaxed); }
  // Of the published sessions, as far as they count.
  size_t OpenCount() const;

 private:
  static constexpr size_t kShards = 16;
  struct Entry {
    bool published = false;
    SessionInfo info;
    std::weak_ptr<Session> session;
  };
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<uint64_t, Entry> entries;
  };

  Shard& shard(uint64_t id) { return shards_[id % kShards]; }
  const Shard& shard(uint64_t id) const { return shards_[id % kShards]; }

  base::Random& random_;
  std::array<Shard, kShards> shards_;
  std::atomic<size_t> published_{0};
};

}  // namespace sluice::session

#endif  // SLUICE_SERVER_SESSION_SESSION_TABLE_H_
