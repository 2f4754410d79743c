#include "server/auth/logon_throttle.h"

#include <algorithm>
#include <tuple>
#include <utility>

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

// What an attempt in progress is counted under.
enum ProgressKey : size_t { kOfLane, kOfUser, kOfAddress };
using ProgressKeys = std::array<std::string, 3>;

ProgressKeys KeysOf(const std::string& address, const std::string& user, const Claim& claim,
                    Lane lane) {
  std::string pair = absl::StrCat(address, "\n", user);
  if (lane == Lane::kClient) {
    const absl::string_view guid(reinterpret_cast<const char*>(claim.client.data()),
                                 claim.client.size());
    absl::StrAppend(&pair, "\n", guid);
  }
  return {std::move(pair), absl::StrCat("\n", user), absl::StrCat(address, "\n")};
}

bool HasGuid(const Claim& claim) {
  return std::any_of(claim.client.begin(), claim.client.end(), [](uint8_t b) { return b != 0; });
}

}  // namespace

LogonThrottle::LogonThrottle(const base::Clock& clock)
    : clock_(clock),
      addresses_(limits::throttle_addresses_max),
      known_(limits::throttle_known_users_max) {}

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

LogonThrottle::KnownPlace* LogonThrottle::FindPlace(const std::string& user,
                                                    const std::string& address) {
  KnownPlaces* const places = known_.Find(user);
  if (places == nullptr) return nullptr;
  const auto found =
      std::find_if(places->begin(), places->end(),
                   [&address](const KnownPlace& place) { return place.address == address; });
  if (found == places->end() || clock_.MonotonicNanos() >= found->until_nanos) return nullptr;
  return &*found;
}

LogonThrottle::KnownClient* LogonThrottle::FindClient(KnownPlace* place,
                                                      const std::array<uint8_t, 16>& guid) {
  if (place == nullptr) return nullptr;
  const auto found =
      std::find_if(place->clients.begin(), place->clients.end(),
                   [&guid](const KnownClient& client) { return client.guid == guid; });
  return found == place->clients.end() ? nullptr : &*found;
}

Verdict LogonThrottle::AskSlowLane(const ThrottleLimits& limits, KnownPlace* place,
                                   bool waited) const {
  const uint64_t interval = std::max(limits.address_delay, limits::throttle_judged_interval_ms_min);
  if (!waited) return {Admission::kAfterDelay, Lane::kPair, interval};
  const uint64_t now = clock_.MonotonicNanos();
  if (place == nullptr || now < place->next_judged_nanos) return {Admission::kRefusedHere};
  place->next_judged_nanos = now + interval * kNanosPerMilli;
  return {Admission::kAtOnce, Lane::kSlow};
}

Verdict LogonThrottle::Ask(const ThrottleLimits& limits, const Claim& claim, bool waited) {
  const std::string address = base::ClientAddress(claim.peer);
  const std::string user = UserKey(claim.user);
  const uint64_t limit = limits.failures_per_user_and_address;
  const std::lock_guard<std::mutex> lock(mutex_);
  KnownPlace* const place = FindPlace(user, address);
  KnownClient* const client = FindClient(place, claim.client);
  Address* const here = addresses_.Find(address);
  Failures* failures = nullptr;
  Verdict verdict;
  if (client != nullptr && !Exceeds(&client->failures, limits, limit)) {
    verdict.lane = Lane::kClient;
    failures = &client->failures;
  } else if (here != nullptr) {
    const auto found = here->users.find(user);
    if (found != here->users.end()) failures = &found->second;
  }
  const auto everywhere = users_.find(user);
  Failures* const of_user = everywhere == users_.end() ? nullptr : &everywhere->second.failures;
  if (Exceeds(failures, limits, limit)) {
    verdict = AskSlowLane(limits, place, waited);
    if (verdict.admission != Admission::kAtOnce) return verdict;
  } else if (place == nullptr && Exceeds(of_user, limits, limits.failures_per_user)) {
    return {Admission::kRefusedUnknown};
  }
  const ProgressKeys keys = KeysOf(address, user, claim, verdict.lane);
  bool waits =
      verdict.lane != Lane::kSlow && Exceeds(failures, limits, limit, InProgress(keys[kOfLane]));
  if (place == nullptr) {
    Failures* const of_address = here == nullptr ? nullptr : &here->failures;
    waits =
        waits || Exceeds(of_user, limits, limits.failures_per_user, InProgress(keys[kOfUser])) ||
        (!waited && limits.address_delay != 0 &&
         Exceeds(of_address, limits, limits.failures_per_address, InProgress(keys[kOfAddress])));
  }
  if (waits) return {Admission::kAfterDelay, Lane::kPair, limits.address_delay};
  for (const std::string& key : keys) ++in_progress_[key];
  return verdict;
}

void LogonThrottle::Judged(const Claim& claim, Lane lane) {
  const ProgressKeys keys =
      KeysOf(base::ClientAddress(claim.peer), UserKey(claim.user), claim, lane);
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const std::string& key : keys) {
    const auto found = in_progress_.find(key);
    if (found != in_progress_.end() && --found->second == 0) in_progress_.erase(found);
  }
}

void LogonThrottle::Unref(const std::string& user) {
  --pairs_;
  const auto found = users_.find(user);
  if (found != users_.end() && --found->second.addresses == 0) users_.erase(found);
}

// The one with the fewest failures that count, the oldest of those: so that inventing names does
// not make the failures of a user who is being guessed forgotten.
void LogonThrottle::DropOneOf(Address& address, const ThrottleLimits& limits) {
  const uint64_t now = clock_.MonotonicNanos();
  const auto rank = [&](const auto& entry) {
    const Failures& failures = entry.second;
    const bool over = now - failures.since_nanos >= limits.window * kNanosPerMilli;
    return std::tuple(over ? 0 : failures.count, failures.since_nanos);
  };
  const auto victim =
      std::min_element(address.users.begin(), address.users.end(),
                       [&rank](const auto& a, const auto& b) { return rank(a) < rank(b); });
  Unref(victim->first);
  address.users.erase(victim);
}

LogonThrottle::Failures& LogonThrottle::PairOf(const std::string& address, const std::string& user,
                                               const ThrottleLimits& limits) {
  Address& here = addresses_.FindOrAdd(address);
  const auto found = here.users.find(user);
  if (found != here.users.end()) return found->second;
  const size_t max = pairs_ < limits::throttle_users_max / 2
                         ? limits::throttle_users_per_address_max
                         : limits::throttle_users_per_address_min;
  if (here.users.size() >= max) DropOneOf(here, limits);
  ++pairs_;
  ++users_[user].addresses;
  return here.users[user];
}

void LogonThrottle::Failed(const ThrottleLimits& limits, const Claim& claim, Lane lane) {
  const std::string address = base::ClientAddress(claim.peer);
  const std::string user = UserKey(claim.user);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (addresses_.Find(address) == nullptr && addresses_.size() == limits::throttle_addresses_max) {
    for (const auto& [name, failures] : addresses_.entries().back().second.users) Unref(name);
  }
  Count(addresses_.FindOrAdd(address).failures, limits);
  if (claim.user.empty()) return;
  Failures& pair = PairOf(address, user, limits);
  Count(users_[user].failures, limits);
  KnownClient* const client =
      lane == Lane::kClient ? FindClient(FindPlace(user, address), claim.client) : nullptr;
  Count(client == nullptr ? pair : client->failures, limits);
}

void LogonThrottle::Succeeded(const Claim& claim) {
  const std::string address = base::ClientAddress(claim.peer);
  const std::string user = UserKey(claim.user);
  const std::lock_guard<std::mutex> lock(mutex_);
  KnownPlaces& places = known_.FindOrAdd(user);
  auto place = std::find_if(places.begin(), places.end(), [&address](const KnownPlace& known) {
    return known.address == address;
  });
  if (place == places.end()) {
    if (places.size() >= limits::throttle_places_per_user_max) places.erase(places.begin());
    places.emplace_back().address = address;
  } else {
    std::rotate(place, place + 1, places.end());
  }
  KnownPlace& here = places.back();
  here.until_nanos = clock_.MonotonicNanos() + kKnownNanos;
  if (!HasGuid(claim)) return;
  std::vector<KnownClient>& clients = here.clients;
  const auto known =
      std::find_if(clients.begin(), clients.end(),
                   [&claim](const KnownClient& client) { return client.guid == claim.client; });
  if (known != clients.end()) {
    clients.erase(known);
  } else if (clients.size() >= limits::throttle_clients_per_place_max) {
    clients.erase(clients.begin());
  }
  clients.push_back({claim.client, {}});
}

uint64_t LogonThrottle::Unlock(absl::string_view user) {
  const std::string key = UserKey(user);
  const std::lock_guard<std::mutex> lock(mutex_);
  uint64_t forgotten = 0;
  std::vector<std::string> addresses;
  for (const auto& [address, here] : addresses_.entries()) {
    if (here.users.contains(key)) addresses.push_back(address);
  }
  for (const std::string& address : addresses) {
    absl::flat_hash_map<std::string, Failures>& users = addresses_.Find(address)->users;
    const auto found = users.find(key);
    forgotten += found->second.count;
    users.erase(found);
    Unref(key);
  }
  if (KnownPlaces* const places = known_.Find(key); places != nullptr) {
    for (KnownPlace& place : *places) {
      place.next_judged_nanos = 0;
      for (KnownClient& client : place.clients) {
        forgotten += std::exchange(client.failures, {}).count;
      }
    }
  }
  return forgotten;
}

uint64_t LogonThrottle::Forgive(absl::string_view address) {
  const std::string key = base::ClientAddress(address);
  const std::lock_guard<std::mutex> lock(mutex_);
  Address* const here = addresses_.Find(key);
  if (here == nullptr) return 0;
  const uint64_t forgotten = here->failures.count;
  for (const auto& [user, failures] : here->users) Unref(user);
  addresses_.Erase(key);
  return forgotten;
}

}  // namespace sluice::auth
