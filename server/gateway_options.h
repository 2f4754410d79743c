// What a gateway is started with, and what of it can change while it runs.
#ifndef SLUICE_SERVER_GATEWAY_OPTIONS_H_
#define SLUICE_SERVER_GATEWAY_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "crypto/algorithms.h"

namespace sluice {

enum class StorageKind : uint8_t { kPosix, kMemory };

// off: never. enabled: for clients that ask for it. desired: for every client that can.
// required: for every client; the others are refused.
enum class EncryptionMode : uint8_t { kOff, kEnabled, kDesired, kRequired };

struct ShareOptions {
  std::string name;
  std::string path;  // kPosix only
  bool read_only = false;
  std::string comment;
  StorageKind storage = StorageKind::kPosix;
  EncryptionMode encryption = EncryptionMode::kEnabled;
};

// The preferences that hold for what happens from now on. A value, copied to be changed.
struct Preferences {
  bool signing_required = true;
  // In the server's order of preference.
  std::vector<crypto::SigningAlgorithm> signing_algorithms = {
      crypto::SigningAlgorithm::kAes128Gmac, crypto::SigningAlgorithm::kAes128Cmac,
      crypto::SigningAlgorithm::kHmacSha256};
  EncryptionMode encryption = EncryptionMode::kEnabled;
  std::vector<crypto::Cipher> ciphers = {crypto::Cipher::kAes128Gcm, crypto::Cipher::kAes128Ccm,
                                         crypto::Cipher::kAes256Gcm, crypto::Cipher::kAes256Ccm};
  // By share name; set from the options for every share.
  std::map<std::string, EncryptionMode> share_encryption;
};

// Preferences that any thread reads and the control socket changes.
class LivePreferences {
 public:
  explicit LivePreferences(Preferences initial)
      : current_(std::make_shared<const Preferences>(std::move(initial))) {}

  std::shared_ptr<const Preferences> Get() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return current_;
  }
  void Set(Preferences next) {
    auto fresh = std::make_shared<const Preferences>(std::move(next));
    std::lock_guard<std::mutex> lock(mutex_);
    current_ = std::move(fresh);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Preferences> current_;
};

struct GatewayOptions {
  std::vector<std::string> listen = {"127.0.0.1:1445"};  // host:port or [v6]:port
  size_t loops = 0;                                      // 0: one per core
  std::string state_dir;
  std::string server_name = "SLUICE";  // NetBIOS and DNS host name
  bool allow_guest = false;      // unknown users
  bool allow_anonymous = false;  // clients without credentials
  Preferences preferences;
  std::vector<ShareOptions> shares;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_GATEWAY_OPTIONS_H_
