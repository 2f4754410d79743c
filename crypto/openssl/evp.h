// AES in OpenSSL's modes over segments, one message at a time, with contexts that are made once.
#ifndef SLUICE_CRYPTO_OPENSSL_EVP_H_
#define SLUICE_CRYPTO_OPENSSL_EVP_H_

#include <array>
#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "crypto/algorithms.h"

typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_mac_ctx_st EVP_MAC_CTX;
typedef struct evp_mac_st EVP_MAC;

namespace sluice::crypto {

// One thread at a time. Holds no key between calls.
class Evp {
 public:
  using Segments = absl::Span<const absl::Span<uint8_t>>;
  using Tag = std::array<uint8_t, kSignatureBytes>;

  // Null where OpenSSL lacks an algorithm.
  static std::unique_ptr<Evp> Create();
  ~Evp();
  Evp(const Evp&) = delete;
  Evp& operator=(const Evp&) = delete;

  // Both: a 16-byte key. False only where OpenSSL fails.
  bool Cmac(const uint8_t* key, Segments segments, Tag* tag);
  bool Gmac(const uint8_t* key, const uint8_t* nonce, Segments segments, Tag* tag);
  // In place; `key` has the cipher's size. CCM over more than one segment copies the message into
  // one piece and back, because OpenSSL takes the whole of it at once; the copy is wiped.
  bool Seal(Cipher cipher, const uint8_t* key, const uint8_t* nonce,
            absl::Span<const uint8_t> associated_data, Segments segments, Tag* tag);
  // False where the tag is wrong; the segments then hold no plain text that may be used.
  bool Open(Cipher cipher, const uint8_t* key, const uint8_t* nonce,
            absl::Span<const uint8_t> associated_data, Segments segments, const Tag& tag);

 private:
  Evp() = default;
  bool Load();
  bool Gcm(bool seal, Cipher cipher, const uint8_t* key, const uint8_t* nonce,
           absl::Span<const uint8_t> associated_data, Segments segments, Tag* tag);
  bool Ccm(bool seal, Cipher cipher, const uint8_t* key, const uint8_t* nonce,
           absl::Span<const uint8_t> associated_data, absl::Span<uint8_t> message, Tag* tag);
  bool Run(bool seal, Cipher cipher, const uint8_t* key, const uint8_t* nonce,
           absl::Span<const uint8_t> associated_data, Segments segments, Tag* tag);

  std::array<EVP_CIPHER*, 5> ciphers_{};  // by Cipher
  EVP_CIPHER_CTX* context_ = nullptr;
  EVP_MAC* cmac_ = nullptr;
  EVP_MAC_CTX* cmac_context_ = nullptr;
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_OPENSSL_EVP_H_
