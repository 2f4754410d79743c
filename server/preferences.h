// What can change while a gateway runs. The names, ranges and descriptions are in the table,
// server/config/preferences.h.
#ifndef SLUICE_SERVER_PREFERENCES_H_
#define SLUICE_SERVER_PREFERENCES_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "crypto/algorithms.h"
#include "proto/smb2/negotiate.h"
#include "server/base/limits.h"
#include "server/base/log.h"

namespace sluice {

// off: never. enabled: for clients that ask for it. desired: for every client that can.
// required: for every client; the others are refused.
enum class EncryptionMode : uint8_t { kOff, kEnabled, kDesired, kRequired };

// [signing], [encryption] and [dialect] are members of Preferences itself.

// [limits]. None may be above the limit of the same meaning in server/base/limits.h.
struct LimitPreferences {
  uint64_t connections = limits::connections_max;
  uint64_t connections_per_address = limits::connections_max;
  uint64_t sessions = limits::sessions_max;
  uint64_t sessions_per_connection = limits::sessions_per_connection_max;
  uint64_t opens_per_session = limits::opens_per_session_max;
  uint64_t requests_in_flight = limits::requests_in_flight_per_connection_max;
  uint64_t credits = limits::credits_per_connection_max;
  // What is larger leaves the processor's cache between storage, crypto and socket: 8 MiB cost a
  // third more CPU time and, with a client that asks for one at a time, half of the rate.
  uint64_t read_bytes = 1u << 20;
  uint64_t write_bytes = 1u << 20;
  uint64_t transact_bytes = limits::transact_bytes_max;
};

// [timeouts], in milliseconds.
struct TimeoutPreferences {
  uint64_t idle = limits::idle_without_session_timeout_ms;
  uint64_t handshake = limits::handshake_timeout_ms;
  uint64_t oplock_break = limits::oplock_break_timeout_ms;
};

// [auth]. Times in milliseconds, limits of 0 are none; see server/auth/logon_throttle.h.
struct AuthPreferences {
  bool ntlm = true;
  bool kerberos_ignore_case = false;
  uint64_t failure_delay = 500;
  uint64_t address_delay = 2000;
  uint64_t failure_window = 300'000;
  uint64_t failures_per_user_and_address = 10;
  uint64_t failures_per_user = 100;
  uint64_t failures_per_address = 100;
};

// [log].
struct LogPreferences {
  base::LogLevel level = base::LogLevel::kInfo;
  base::LogFormat format = base::LogFormat::kText;
};

// Of one share: [[share]] in the file, share.NAME.key at run time.
struct SharePreferences {
  bool read_only = false;
  EncryptionMode encryption = EncryptionMode::kEnabled;
  // What a session that uses the share may be signed with.
  std::vector<crypto::SigningAlgorithm> signing = {crypto::SigningAlgorithm::kAes128Gmac,
                                                   crypto::SigningAlgorithm::kAes128Cmac,
                                                   crypto::SigningAlgorithm::kHmacSha256};
  bool visible = true;
  bool case_sensitive = false;
  bool audit = false;
  bool guest = false;
  // See server/auth/share_access.h.
  std::vector<std::string> allow_read;
  std::vector<std::string> deny_read;
  std::vector<std::string> allow_write;
  std::vector<std::string> deny_write;
};

// A value, copied to be changed.
struct Preferences {
  bool signing_required = true;
  // In the server's order of preference.
  std::vector<crypto::SigningAlgorithm> signing_algorithms = {
      crypto::SigningAlgorithm::kAes128Gmac, crypto::SigningAlgorithm::kAes128Cmac,
      crypto::SigningAlgorithm::kHmacSha256};
  EncryptionMode encryption = EncryptionMode::kEnabled;
  std::vector<crypto::Cipher> ciphers = {crypto::Cipher::kAes128Gcm, crypto::Cipher::kAes128Ccm,
                                         crypto::Cipher::kAes256Gcm, crypto::Cipher::kAes256Ccm};
  proto::Dialect dialect_min = proto::Dialect::kSmb202;
  proto::Dialect dialect_max = proto::Dialect::kSmb311;
  LimitPreferences limits;
  TimeoutPreferences timeouts;
  AuthPreferences auth;
  LogPreferences log;
  // By share name as configured; every share has an entry.
  std::map<std::string, SharePreferences> shares;
};

// The preferences that hold now. Any thread reads; Set comes from one thread at a time.
class LivePreferences {
 public:
  using Observer = std::function<void(const Preferences&)>;

  explicit LivePreferences(Preferences initial)
      : current_(std::make_shared<const Preferences>(std::move(initial))) {}
  LivePreferences(const LivePreferences&) = delete;
  LivePreferences& operator=(const LivePreferences&) = delete;

  // Takes a lock: for what happens once per connection, session or tree.
  std::shared_ptr<const Preferences> Get() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return current_;
  }
  // Publishes `next`, then tells every observer, on this thread.
  void Set(Preferences next) {
    auto fresh = std::make_shared<const Preferences>(std::move(next));
    {
      std::lock_guard<std::mutex> lock(mutex_);
      current_ = fresh;
    }
    version_.fetch_add(1, std::memory_order_release);
    for (const Observer& observer : observers_) observer(*fresh);
  }
  // For what keeps values of its own, such as the log level. Called at once and after each Set.
  // REQUIRES: no Set runs at the same time.
  void Observe(Observer observer) {
    observer(*Get());
    observers_.push_back(std::move(observer));
  }

  // Grows with each Set.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Preferences> current_;
  std::atomic<uint64_t> version_{0};
  std::vector<Observer> observers_;
};

// One thread's copy of the pointer to the preferences: reading costs one load while nothing
// changes, so that a request may ask. Not thread-safe: one for each loop.
class PreferencesCache {
 public:
  explicit PreferencesCache(const LivePreferences& live) : live_(live) {}

  // Valid until the next call.
  const Preferences& Get() {
    const uint64_t version = live_.version();
    if (current_ == nullptr || version != version_) {
      version_ = version;
      current_ = live_.Get();
    }
    return *current_;
  }

 private:
  const LivePreferences& live_;
  uint64_t version_ = 0;
  std::shared_ptr<const Preferences> current_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_PREFERENCES_H_
