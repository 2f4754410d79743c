// What keeps guessing passwords slow, without locking anybody else out.
//
// Failures are counted for each user at each address, for each user, and for each address; an
// address is base::ClientAddress's. A user with too many from everywhere is refused at the
// addresses from which he has not logged on before. An address with too many is not refused, since
// others may be behind it: users that have not logged on from there before wait a fixed time before
// their password is looked at. Every failure's answer waits as well.
//
// A user with too many failures at an address is refused there, unless he has logged on from there
// before; then he may only be somebody's neighbour. Two things let him in:
//   - A client (by its ClientGuid, which nobody else knows) that has logged on as him from there
//   has
//     failures of its own. Those of others do not count.
//   - Of the other attempts one is judged in each interval of address_delay, at least
//     limits::throttle_judged_interval_ms_min.
// Whoever is refused, whoever is judged and wrong, and whoever waits for it has waited the same
// time and gets the same answer, so an answer does not tell whether a guess was looked at.
//
// Attempts whose outcome is not known yet may all be failures: where they would be too many, the
// next one waits. So guessing side by side is no faster than one after the other, and nobody is
// refused for passwords that turn out right.
//
// What is remembered of an address is forgotten for the sake of the same address only: one that
// invents names loses its own failures with the fewest counts. What is remembered of who has logged
// on where takes a right password to fill.
#ifndef SLUICE_SERVER_AUTH_LOGON_THROTTLE_H_
#define SLUICE_SERVER_AUTH_LOGON_THROTTLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

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

// Who tries to log on as whom.
struct Claim {
  std::string peer;                  // address and port
  std::string user;                  // as claimed; "" where nobody was named
  std::array<uint8_t, 16> client{};  // its ClientGuid; zeros: it has none
};

enum class Admission : uint8_t {
  kAtOnce,
  kAfterDelay,      // of Verdict::delay_millis, and then asks again
  kRefusedHere,     // too many failures of this user at this address
  kRefusedUnknown,  // too many failures of this user; this address is not known for him
};

// Where an attempt's failure counts.
enum class Lane : uint8_t {
  kPair,    // for the user at the address
  kClient,  // for the client that is known there
  kSlow,    // for the user at the address, where there are too many already; a failure is answered
            // as a refusal is
};

struct Verdict {
  Admission admission = Admission::kAtOnce;
  Lane lane = Lane::kPair;
  uint64_t delay_millis = 0;
};

// Thread-safe.
class LogonThrottle {
 public:
  explicit LogonThrottle(const base::Clock& clock);

  // Before a password is looked at. `waited`: an answer before was kAfterDelay; it waits again only
  // for what is being judged. After kAtOnce the attempt is being judged until Judged().
  Verdict Ask(const ThrottleLimits& limits, const Claim& claim, bool waited);
  // Its outcome is known, and a failure has been counted. REQUIRES: Ask gave kAtOnce and `lane`.
  void Judged(const Claim& claim, Lane lane);
  // After one was wrong. `lane` is Ask's; kPair where it was not asked.
  void Failed(const ThrottleLimits& limits, const Claim& claim, Lane lane);
  // After one was right, and was no guest's: the user is known at this address, and the client too,
  // for a day.
  void Succeeded(const Claim& claim);

  // For an administrator: forget the failures of a user everywhere, or those at an address, which
  // `address` names with or without a port. How many there were.
  uint64_t Unlock(absl::string_view user);
  uint64_t Forgive(absl::string_view address);

 private:
  struct Failures {
    uint64_t count = 0;
    uint64_t since_nanos = 0;
  };
  struct Address {
    Failures failures;
    absl::flat_hash_map<std::string, Failures> users;  // by UserKey
  };
  struct User {
    Failures failures;
    size_t addresses = 0;  // that have an entry for him
  };
  struct KnownClient {
    std::array<uint8_t, 16> guid{};
    Failures failures;
  };
  struct KnownPlace {
    std::string address;
    uint64_t until_nanos = 0;
    uint64_t next_judged_nanos = 0;    // in the slow lane
    std::vector<KnownClient> clients;  // the latest last
  };
  using KnownPlaces = std::vector<KnownPlace>;  // the latest last

  // Whether the window's failures have reached `limit`, or would if `more` were added.
  bool Exceeds(Failures* failures, const ThrottleLimits& limits, uint64_t limit,
               uint64_t more = 0) const;
  // How many are being judged under a key of in_progress_.
  uint64_t InProgress(const std::string& key) const;
  void Count(Failures& failures, const ThrottleLimits& limits) const;
  Verdict AskSlowLane(const ThrottleLimits& limits, KnownPlace* place, bool waited) const;
  // Null where the user is not known.
  KnownPlace* FindPlace(const std::string& user, const std::string& address);
  static KnownClient* FindClient(KnownPlace* place, const std::array<uint8_t, 16>& guid);
  // Those of the user at the address, made where there are none.
  Failures& PairOf(const std::string& address, const std::string& user,
                   const ThrottleLimits& limits);
  void DropOneOf(Address& address, const ThrottleLimits& limits);
  void Unref(const std::string& user);

  const base::Clock& clock_;
  std::mutex mutex_;
  base::LruMap<Address> addresses_;                         // mutex_, like all below
  size_t pairs_ = 0;                                        // users of all addresses_
  absl::flat_hash_map<std::string, User> users_;            // those of addresses_
  base::LruMap<KnownPlaces> known_;                         // by user
  absl::flat_hash_map<std::string, uint64_t> in_progress_;  // as many as sessions log on now
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_LOGON_THROTTLE_H_
