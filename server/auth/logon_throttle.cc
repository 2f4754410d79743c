#include "server/auth/logon_throttle.h"

#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "server/auth/user_name.h"
#include "server/base/auth_limits.h"
#include "server/base/client_address.h"

namespace sluice::auth {
namespace {

constexpr uint64_t kNanosPerMilli = 1'000'000;
constexpr uint64_t kKnownNanos = uint64_t{24} * 3600 * 1'000'000'000;

// Names that mean one user are one key.
std::string UserKey(absl::string_view user) {
  std::string key;
  if (!UpperCaseName(user, &key)) key = std::string(user);
  return key;
}

std::string PairKey(const std::string& address, const std::string& user) {
  return absl::StrCat(address, "\n", user);
}

// What an attempt in progress is counted under.
enum ProgressKey : size_t { kPair, kUser, kAddress };
using ProgressKeys = std::array<std::string, 3>;

ProgressKeys KeysOf(const std::string& address, const std::string& user) {
  return {PairKey(address, user), PairKey("", user), PairKey(address, "")};
}

}  // namespace

LogonThrottle::LogonThrottle(const base::Clock& clock)
    : clock_(clock),
      pairs_(limits::throttle_entries_max),
      users_(limits::throttle_entries_max),
      addresses_(limits::throttle_entries_max) {}

bool LogonThrottle::Exceeds(Failures* failures, const ThrottleLimits& limits, uint64_t limit,
                            uint64_t more) const {
  if (limit == 0) return false;
  if (failures == nullptr) return more >= limit;
  const uint64_t age = clock_.MonotonicNanos() - failures->since_nanos;
  if (age >= limits.window * kNanosPerMilli) failures->count = 0;
  return failures->count + more >= limit;
}

uint64_t LogonThrottle::InProgress(const std::string& key) const {
  const auto found = in_progress_.find(key);
  return found == in_progress_.end() ? 0 : found->second;
}

void LogonThrottle::Count(Failures& failures, const ThrottleLimits& limits) const {
  const uint64_t now = clock_.MonotonicNanos();
  if (failures.count != 0 && now - failures.since_nanos >= limits.window * kNanosPerMilli) {
    failures.count = 0;
  }
  if (failures.count++ == 0) failures.since_nanos = now;
}

Admission LogonThrottle::Ask(const ThrottleLimits& limits, absl::string_view peer,
                             absl::string_view user, bool waited) {
  const std::string address = base::ClientAddress(peer);
  const std::string user_key = UserKey(user);
  const ProgressKeys keys = KeysOf(address, user_key);
  const std::lock_guard<std::mutex> lock(mutex_);
  Failures* const here = pairs_.Find(keys[kPair]);
  const bool known = here != nullptr && clock_.MonotonicNanos() < here->known_until_nanos;
  Failures* const everywhere = users_.Find(user_key);
  if (Exceeds(here, limits, limits.failures_per_user_and_address)) return Admission::kRefusedHere;
  if (!known && Exceeds(everywhere, limits, limits.failures_per_user)) {
    return Admission::kRefusedUnknown;
  }
  bool waits = Exceeds(here, limits, limits.failures_per_user_and_address, InProgress(keys[kPair]));
  if (!known) {
    waits = waits ||
            Exceeds(everywhere, limits, limits.failures_per_user, InProgress(keys[kUser])) ||
            (!waited && limits.address_delay != 0 &&
             Exceeds(addresses_.Find(address), limits, limits.failures_per_address,
                     InProgress(keys[kAddress])));
  }
  if (waits) return Admission::kAfterDelay;
  for (const std::string& key : keys) ++in_progress_[key];
  return Admission::kAtOnce;
}

void LogonThrottle::Judged(absl::string_view peer, absl::string_view user) {
  const ProgressKeys keys = KeysOf(base::ClientAddress(peer), UserKey(user));
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const std::string& key : keys) {
    const auto found = in_progress_.find(key);
    if (found != in_progress_.end() && --found->second == 0) in_progress_.erase(found);
  }
}

void LogonThrottle::Failed(const ThrottleLimits& limits, absl::string_view peer,
                           absl::string_view user) {
  const std::string address = base::ClientAddress(peer);
  const std::string user_key = UserKey(user);
  const std::lock_guard<std::mutex> lock(mutex_);
  Count(addresses_.FindOrAdd(address), limits);
  if (user.empty()) return;
  Count(users_.FindOrAdd(user_key), limits);
  Count(pairs_.FindOrAdd(PairKey(address, user_key)), limits);
}

void LogonThrottle::Succeeded(absl::string_view peer, absl::string_view user) {
  const std::string key = PairKey(base::ClientAddress(peer), UserKey(user));
  const std::lock_guard<std::mutex> lock(mutex_);
  Failures& pair = pairs_.FindOrAdd(key);
  pair.count = 0;
  pair.known_until_nanos = clock_.MonotonicNanos() + kKnownNanos;
}

}  // namespace sluice::auth
