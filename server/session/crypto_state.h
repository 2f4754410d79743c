// A session's keys and the rules of when they are used [MS-SMB2] 3.1.4.1 to 3.1.4.3, 3.3.5.5.3.
#ifndef SLUICE_SERVER_SESSION_CRYPTO_STATE_H_
#define SLUICE_SERVER_SESSION_CRYPTO_STATE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "crypto/algorithms.h"
#include "crypto/keys.h"
#include "crypto/processor.h"
#include "crypto/secret.h"
#include "proto/smb2/negotiate.h"

namespace sluice::session {

// Whose half of the keys to encrypt with: the client's are the server's the other way round.
enum class Role : uint8_t { kServer, kClient };

// Everything beside the session key that the keys depend on.
struct KeyParameters {
  proto::Dialect dialect = proto::Dialect::kSmb202;
  crypto::SigningAlgorithm signing_algorithm = crypto::SigningAlgorithm::kHmacSha256;
  crypto::Cipher cipher = crypto::Cipher::kNone;
  // 3.1.1: the hash after the final SESSION_SETUP request (64 bytes). Otherwise unused.
  absl::Span<const uint8_t> preauth_hash;
  Role role = Role::kServer;
  // The crypto stage's, where one was forced.
  crypto::Processor processor = crypto::Processor::kAuto;
};

// What to do with a message that came in without encryption.
enum class Verification : uint8_t {
  kNotNeeded,  // process it
  kVerify,     // process it if the signature is right; ACCESS_DENIED if it is wrong
  kRefuse,     // ACCESS_DENIED, no processing
};

// The signer, the keys and the nonces of one session. Neither copied nor moved; wiped on
// destruction (the key types see to it). Used on the session's loop, except NextSealingNonce.
class SessionCryptoState {
 public:
  // Makes all the keys that the dialect has:
  //  below 3.0: HMAC-SHA256 with the session key itself and nothing else;
  //  3.0, 3.0.2: with constant labels and contexts;
  //  3.1.1: with the preauth hash as context.
  // `session_key` is what the security mechanism exported; signing and 128-bit keys use its first
  // 16 bytes, padded with zeros, 256-bit ciphers' keys all of it (3.3.5.5.3).
  // REQUIRES: session_key is not empty.
  static std::unique_ptr<SessionCryptoState> DeriveAllKeys(absl::Span<const uint8_t> session_key,
                                                           const KeyParameters& parameters);
  SessionCryptoState(const SessionCryptoState&) = delete;
  SessionCryptoState& operator=(const SessionCryptoState&) = delete;
  ~SessionCryptoState() = default;

  crypto::SigningAlgorithm signing_algorithm() const { return signing_algorithm_; }
  crypto::Cipher cipher() const { return cipher_; }
  const crypto::SigningKey& signing_key() const { return signing_key_; }
  bool can_seal() const { return cipher_ != crypto::Cipher::kNone; }
  // What this side seals with, and what it opens the peer's messages with.
  // REQUIRES: can_seal().
  const crypto::CipherKey& sealing_key() const { return sealing_key_; }
  const crypto::CipherKey& opening_key() const { return opening_key_; }
  // For higher protocols over named pipes; the session key below 3.0. 16 bytes.
  absl::Span<const uint8_t> application_key() const { return application_key_.span(); }

  bool signing_required() const { return signing_required_; }
  void set_signing_required(bool required) { signing_required_ = required; }

  // For a message to the session's peer. Interim responses are never signed (3.3.4.2): the final
  // one has the same message id, so under AES-GMAC the same nonce. Nor is what goes out encrypted.
  bool ShouldSign(bool request_signed, bool sealed, bool interim) const {
    return !sealed && !interim && (request_signed || signing_required_);
  }
  // For a message from the session's peer [MS-SMB2] 3.3.5.2.4.
  Verification ShouldVerify(bool signed_flag, bool sealed) const {
    if (sealed) return Verification::kNotNeeded;
    if (signed_flag) return Verification::kVerify;
    return signing_required_ ? Verification::kRefuse : Verification::kNotNeeded;
  }

  // The AES-GMAC nonce of a message [MS-SMB2] 3.1.4.1: `from_server` and `cancel` are its sender's
  // role and whether it is a CANCEL request.
  static std::array<uint8_t, 12> GmacNonce(uint64_t message_id, bool from_server, bool cancel);

  // A nonce for sealing a message of `message_bytes`, never given before; CCM uses its first 11
  // bytes. False when the key has sealed as much as is safe: the caller ends the session, and the
  // message is not sent. Thread-safe.
  [[nodiscard]] bool NextSealingNonce(size_t message_bytes, std::array<uint8_t, 12>* nonce);
  // Cipher blocks sealed so far.
  uint64_t sealed_blocks() const { return sealed_blocks_.load(std::memory_order_relaxed); }

 private:
  SessionCryptoState() = default;

  crypto::SigningAlgorithm signing_algorithm_ = crypto::SigningAlgorithm::kHmacSha256;
  crypto::Cipher cipher_ = crypto::Cipher::kNone;
  bool signing_required_ = false;
  crypto::SigningKey signing_key_;
  crypto::CipherKey sealing_key_;
  crypto::CipherKey opening_key_;
  crypto::SecretBytes<16> application_key_;
  std::atomic<uint64_t> next_nonce_{0};
  std::atomic<uint64_t> sealed_blocks_{0};
};

// What one key may seal, in cipher blocks: 2^48 of them (4 PiB) keep an attacker's advantage
// against AES's 128-bit blocks below 2^-32.
inline constexpr uint64_t kSealedBlocksMax = uint64_t{1} << 48;

}  // namespace sluice::session

#endif  // SLUICE_SERVER_SESSION_CRYPTO_STATE_H_
