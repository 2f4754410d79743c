// Who was refused, when and why: what `sluicectl clients refused` shows.
#ifndef SLUICE_SERVER_BASE_REFUSAL_LOG_H_
#define SLUICE_SERVER_BASE_REFUSAL_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/client_address.h"
#include "server/base/clock.h"
#include "server/base/lru_map.h"

namespace sluice::base {

enum class RefusalKind : uint8_t {
  kProtocol,   // no dialect, cipher or other thing in common
  kLogon,      // wrong user, password or ticket, or a mechanism that is off
  kThrottled,  // too many failures before
  kAccess,     // a share that the user or the session may not use
  kLimit,      // too many connections, sessions, ...
};
inline constexpr size_t kRefusalKinds = 5;
absl::string_view Name(RefusalKind kind);

struct Refusal {
  RefusalKind kind = RefusalKind::kProtocol;
  std::string client;  // its address, without the port
  std::string user;    // as claimed; "" if there was none
  std::string why;     // one plain sentence that begins with the address
  uint64_t count = 0;
  int64_t first_wall_nanos = 0;
  int64_t last_wall_nanos = 0;
};

// Keeps limits::refusals_max refusals, of one address a part; the same one again only counts.
// Thread-safe; no I/O.
class RefusalLog {
 public:
  explicit RefusalLog(const Clock& clock);

  struct Line {
    bool write = true;      // whether log and audit log should have a line about it
    uint64_t left_out = 0;  // how many of the address had none since its last line
  };
  // `peer`: address and port. `why` ends the sentence "ADDRESS: ..."; what a peer wrote into it
  // must have been made printable. Two refusals of an address and user with one `rule` are the same
  // and keep the latest `why`, so that nothing of the peer's choice tells them apart; "" is `why`.
  Line Add(RefusalKind kind, absl::string_view peer, absl::string_view user, absl::string_view why,
           absl::string_view rule = "");
  // The latest first.
  std::vector<Refusal> List() const;
  // Since the start, whatever was forgotten.
  uint64_t Count(RefusalKind kind) const;

 private:
  // Of an address.
  struct Lines {
    uint64_t second = 0;  // of the monotonic clock
    uint32_t written = 0;
    uint64_t left_out = 0;
  };

  Line TakeLine(RefusalKind kind, const std::string& client);  // mutex_ is held
  void MakeRoom(const std::string& client);                    // mutex_ is held

  const Clock& clock_;
  mutable std::mutex mutex_;
  LruMap<Refusal> refusals_;                      // mutex_
  LruMap<Lines> lines_;                           // mutex_
  std::array<uint64_t, kRefusalKinds> counts_{};  // mutex_
};

// `text` in quotes, with a peer's control characters and quotes escaped and at most 64 bytes of it.
std::string Quoted(absl::string_view text);

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_REFUSAL_LOG_H_
