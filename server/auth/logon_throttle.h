// What keeps guessing passwords slow, without locking anybody else out.
//
// Failures are counted for each user at each address, for each user, and for each address. A user
// at an address with too many is refused there; a user with too many from everywhere is refused
// at the addresses from which he has not logged on before. An address with too many is not
// refused, since others may be behind it: users that have not logged on from there before wait a
// fixed time before their password is looked at. Every failure's answer waits as well.
//
// Attempts whose outcome is not known yet may all be failures: where they would be too many, the
// next one waits. So guessing side by side is no faster than one after the other, and nobody is
// refused for passwords that turn out right.
#ifndef SLUICE_SERVER_AUTH_LOGON_THROTTLE_H_
#define SLUICE_SERVER_AUTH_LOGON_THROTTLE_H_

#include <cstdint>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/base/clock.h"
#include "server/base/lru_map.h"

namespace sluice::auth {

// Times in milliseconds; a limit of 0 is none.
struct ThrottleLimits {
  uint64_t window = 300'000;  // failures count for so long after the first of them
  uint64_t failures_per_user_and_address = 10;
  uint64_t failures_per_user = 100;
  uint64_t failures_per_address = 100;
  uint64_t failure_delay = 500;  // before each failure's answer
  uint64_t address_delay = 2000;
};

enum class Admission : uint8_t {
  kAtOnce,
  kAfterDelay,      // of limits.address_delay, and then asks again
  kRefusedHere,     // too many failures of this user at this address
  kRefusedUnknown,  // too many failures of this user; this address is not known for him
};

// Thread-safe; remembers limits::throttle_entries_max of each kind, the latest.
class LogonThrottle {
 public:
  explicit LogonThrottle(const base::Clock& clock);

  // Before a password is looked at. `peer` is address and port; of IPv6 addresses the first 64
  // bits count. `user` as claimed. `waited`: an answer before was kAfterDelay; it waits again only
  // for what is being judged. After kAtOnce the attempt is being judged until Judged().
  Admission Ask(const ThrottleLimits& limits, absl::string_view peer, absl::string_view user,
                bool waited);
  // Its outcome is known, and has been counted. REQUIRES: Ask gave kAtOnce for the same two.
  void Judged(absl::string_view peer, absl::string_view user);
  // After one was wrong; `user` is "" where nobody was named.
  void Failed(const ThrottleLimits& limits, absl::string_view peer, absl::string_view user);
  // After one was right: the user is known at this address for a day.
  void Succeeded(absl::string_view peer, absl::string_view user);

 private:
  struct Failures {
    uint64_t count = 0;
    uint64_t since_nanos = 0;
    uint64_t known_until_nanos = 0;  // of a user at an address; 0: not known
  };

  // Whether the window's failures have reached `limit`, or would if `more` were added.
  bool Exceeds(Failures* failures, const ThrottleLimits& limits, uint64_t limit,
               uint64_t more = 0) const;
  // How many are being judged, by the pair's key; a user's has no address, an address's no user.
  uint64_t InProgress(const std::string& key) const;
  void Count(Failures& failures, const ThrottleLimits& limits) const;

  const base::Clock& clock_;
  std::mutex mutex_;
  base::LruMap<Failures> pairs_;  // mutex_, like all below
  base::LruMap<Failures> users_;
  base::LruMap<Failures> addresses_;
  absl::flat_hash_map<std::string, uint64_t> in_progress_;  // as many as sessions log on now
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_LOGON_THROTTLE_H_
