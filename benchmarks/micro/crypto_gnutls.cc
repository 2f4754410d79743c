#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <cstdio>
#include <cstdlib>

#include "benchmarks/micro/crypto_one_at_a_time.h"

namespace sluice::benchmarks {
namespace {

using crypto::Cipher;
using crypto::SigningAlgorithm;

void Check(int code) {
  if (code == 0) return;
  std::fprintf(stderr, "GnuTLS: %s\n", gnutls_strerror(code));
  std::abort();
}

class Mac : public OneAtATime {
 public:
  Mac(gnutls_mac_algorithm_t algorithm, absl::Span<const uint8_t> key)
      : gmac_(algorithm == GNUTLS_MAC_AES_GMAC_128) {
    Check(gnutls_hmac_init(&handle_, algorithm, key.data(), key.size()));
  }
  ~Mac() override { gnutls_hmac_deinit(handle_, nullptr); }

  void Run(absl::Span<uint8_t> message) override {
    static constexpr uint8_t kNonce[12] = {1};
    uint8_t tag[32];
    if (gmac_) gnutls_hmac_set_nonce(handle_, kNonce, sizeof(kNonce));
    Check(gnutls_hmac(handle_, message.data(), message.size()));
    gnutls_hmac_output(handle_, tag);
  }

 private:
  gnutls_hmac_hd_t handle_;
  const bool gmac_;
};

class Sealer : public OneAtATime {
 public:
  Sealer(Cipher cipher, gnutls_cipher_algorithm_t algorithm, absl::Span<const uint8_t> key,
         absl::Span<const uint8_t> associated_data)
      : nonce_bytes_(crypto::CipherNonceBytes(cipher)), associated_data_(associated_data) {
    const gnutls_datum_t datum = {const_cast<uint8_t*>(key.data()),
                                  static_cast<unsigned int>(key.size())};
    Check(gnutls_aead_cipher_init(&handle_, algorithm, &datum));
  }
  ~Sealer() override { gnutls_aead_cipher_deinit(handle_); }

  void Run(absl::Span<uint8_t> message) override {
    static constexpr uint8_t kNonce[12] = {1};
    uint8_t tag[16];
    size_t tag_size = sizeof(tag);
    const giovec_t associated_data = {const_cast<uint8_t*>(associated_data_.data()),
                                      associated_data_.size()};
    const giovec_t text = {message.data(), message.size()};
    Check(gnutls_aead_cipher_encryptv2(handle_, kNonce, nonce_bytes_, &associated_data, 1, &text, 1,
                                       tag, &tag_size));
  }

 private:
  const size_t nonce_bytes_;
  const absl::Span<const uint8_t> associated_data_;
  gnutls_aead_cipher_hd_t handle_;
};

}  // namespace

std::unique_ptr<OneAtATime> GnutlsSigner(SigningAlgorithm algorithm,
                                         absl::Span<const uint8_t> key) {
  switch (algorithm) {
    case SigningAlgorithm::kHmacSha256:
      return std::make_unique<Mac>(GNUTLS_MAC_SHA256, key);
    case SigningAlgorithm::kAes128Cmac:
      return std::make_unique<Mac>(GNUTLS_MAC_AES_CMAC_128, key);
    case SigningAlgorithm::kAes128Gmac:
      return std::make_unique<Mac>(GNUTLS_MAC_AES_GMAC_128, key);
  }
  return nullptr;
}

std::unique_ptr<OneAtATime> GnutlsSealer(Cipher cipher, absl::Span<const uint8_t> key,
                                         absl::Span<const uint8_t> associated_data) {
  static constexpr gnutls_cipher_algorithm_t kAlgorithms[] = {
      GNUTLS_CIPHER_UNKNOWN, GNUTLS_CIPHER_AES_128_CCM, GNUTLS_CIPHER_AES_128_GCM,
      GNUTLS_CIPHER_AES_256_CCM, GNUTLS_CIPHER_AES_256_GCM};
  return std::make_unique<Sealer>(cipher, kAlgorithms[static_cast<size_t>(cipher)], key,
                                  associated_data);
}

}  // namespace sluice::benchmarks
