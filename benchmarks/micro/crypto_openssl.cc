#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdio>
#include <cstdlib>

#include "benchmarks/micro/crypto_one_at_a_time.h"

namespace sluice::benchmarks {
namespace {

using crypto::Cipher;
using crypto::SigningAlgorithm;

void Check(bool ok) {
  if (ok) return;
  std::fprintf(stderr, "OpenSSL failed\n");
  std::abort();
}

class Mac : public OneAtATime {
 public:
  Mac(const char* mac, const char* parameter, const char* value, absl::Span<const uint8_t> key) {
    EVP_MAC* const type = EVP_MAC_fetch(nullptr, mac, nullptr);
    Check(type != nullptr);
    context_ = EVP_MAC_CTX_new(type);
    EVP_MAC_free(type);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(parameter, const_cast<char*>(value), 0),
        OSSL_PARAM_construct_end()};
    Check(EVP_MAC_init(context_, key.data(), key.size(), parameters) == 1);
  }
  ~Mac() override { EVP_MAC_CTX_free(context_); }

  void Run(absl::Span<uint8_t> message) override {
    uint8_t tag[32];
    size_t size = 0;
    // Without a key it starts anew with the schedule that it has.
    Check(EVP_MAC_init(context_, nullptr, 0, nullptr) == 1 &&
          EVP_MAC_update(context_, message.data(), message.size()) == 1 &&
          EVP_MAC_final(context_, tag, &size, sizeof(tag)) == 1);
  }

 private:
  EVP_MAC_CTX* context_;
};

class CipherContext : public OneAtATime {
 public:
  CipherContext(const char* name, absl::Span<const uint8_t> key,
                absl::Span<const uint8_t> associated_data)
      : associated_data_(associated_data) {
    EVP_CIPHER* const type = EVP_CIPHER_fetch(nullptr, name, nullptr);
    context_ = EVP_CIPHER_CTX_new();
    Check(type != nullptr && context_ != nullptr);
    ccm_ = EVP_CIPHER_get_mode(type) == EVP_CIPH_CCM_MODE;
    Check(EVP_EncryptInit_ex(context_, type, nullptr, nullptr, nullptr) == 1);
    if (ccm_) {
      Check(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_IVLEN, 11, nullptr) == 1 &&
            EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, 16, nullptr) == 1);
    }
    Check(EVP_EncryptInit_ex(context_, nullptr, nullptr, key.data(), nullptr) == 1);
    EVP_CIPHER_free(type);
  }
  ~CipherContext() override { EVP_CIPHER_CTX_free(context_); }

 protected:
  void Start(absl::Span<const uint8_t> associated_data, size_t size) {
    static constexpr uint8_t kNonce[12] = {1};
    int written = 0;
    Check(EVP_EncryptInit_ex(context_, nullptr, nullptr, nullptr, kNonce) == 1);
    if (ccm_) {
      Check(EVP_EncryptUpdate(context_, nullptr, &written, nullptr, static_cast<int>(size)) == 1);
    }
    if (associated_data.empty()) return;
    Check(EVP_EncryptUpdate(context_, nullptr, &written, associated_data.data(),
                            static_cast<int>(associated_data.size())) == 1);
  }
  void Finish() {
    int written = 0;
    uint8_t tag[16];
    Check(EVP_EncryptFinal_ex(context_, tag, &written) == 1 &&
          EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
  }

  void Run(absl::Span<uint8_t> message) override {
    int written = 0;
    Start(associated_data_, message.size());
    Check(EVP_EncryptUpdate(context_, message.data(), &written, message.data(),
                            static_cast<int>(message.size())) == 1);
    Finish();
  }

 private:
  const absl::Span<const uint8_t> associated_data_;
  EVP_CIPHER_CTX* context_;
  bool ccm_;
};

// GCM with the message as associated data.
class Gmac : public CipherContext {
 public:
  explicit Gmac(absl::Span<const uint8_t> key) : CipherContext("AES-128-GCM", key, {}) {}
  void Run(absl::Span<uint8_t> message) override {
    Start(message, 0);
    Finish();
  }
};

}  // namespace

std::unique_ptr<OneAtATime> OpensslSigner(SigningAlgorithm algorithm,
                                          absl::Span<const uint8_t> key) {
  switch (algorithm) {
    case SigningAlgorithm::kHmacSha256:
      return std::make_unique<Mac>("HMAC", OSSL_MAC_PARAM_DIGEST, "SHA256", key);
    case SigningAlgorithm::kAes128Cmac:
      return std::make_unique<Mac>("CMAC", OSSL_MAC_PARAM_CIPHER, "AES-128-CBC", key);
    case SigningAlgorithm::kAes128Gmac:
      return std::make_unique<Gmac>(key);
  }
  return nullptr;
}

std::unique_ptr<OneAtATime> OpensslSealer(Cipher cipher, absl::Span<const uint8_t> key,
                                          absl::Span<const uint8_t> associated_data) {
  // OpenSSL calls them what we do.
  return std::make_unique<CipherContext>(crypto::Name(cipher).data(), key, associated_data);
}

}  // namespace sluice::benchmarks
