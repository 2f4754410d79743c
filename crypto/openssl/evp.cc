#include "crypto/openssl/evp.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>

#include "crypto/secret.h"

namespace sluice::crypto {
namespace {

int Length(size_t size) { return static_cast<int>(size); }

}  // namespace

std::unique_ptr<Evp> Evp::Create() {
  std::unique_ptr<Evp> evp(new Evp);
  return evp->Load() ? std::move(evp) : nullptr;
}

bool Evp::Load() {
  static constexpr std::array<const char*, 5> kNames = {nullptr, "AES-128-CCM", "AES-128-GCM",
                                                        "AES-256-CCM", "AES-256-GCM"};
  for (size_t i = 1; i < kNames.size(); ++i) {
    ciphers_[i] = EVP_CIPHER_fetch(nullptr, kNames[i], nullptr);
    if (ciphers_[i] == nullptr) return false;
  }
  context_ = EVP_CIPHER_CTX_new();
  cmac_ = EVP_MAC_fetch(nullptr, "CMAC", nullptr);
  if (context_ == nullptr || cmac_ == nullptr) return false;
  cmac_context_ = EVP_MAC_CTX_new(cmac_);
  if (cmac_context_ == nullptr) return false;
  char name[] = "AES-128-CBC";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
                                   OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(cmac_context_, parameters) == 1;
}

Evp::~Evp() {
  EVP_MAC_CTX_free(cmac_context_);
  EVP_MAC_free(cmac_);
  EVP_CIPHER_CTX_free(context_);
  for (EVP_CIPHER* cipher : ciphers_) EVP_CIPHER_free(cipher);
}

bool Evp::Cmac(const uint8_t* key, Segments segments, Tag* tag) {
  bool ok = EVP_MAC_init(cmac_context_, key, 16, nullptr) == 1;
  for (absl::Span<uint8_t> segment : segments) {
    ok = ok && EVP_MAC_update(cmac_context_, segment.data(), segment.size()) == 1;
  }
  size_t size = 0;
  ok = ok && EVP_MAC_final(cmac_context_, tag->data(), &size, tag->size()) == 1;
  // The context keeps its key until it gets another one.
  static constexpr uint8_t kZero[16] = {};
  return EVP_MAC_init(cmac_context_, kZero, sizeof(kZero), nullptr) == 1 && ok &&
         size == tag->size();
}

bool Evp::Gmac(const uint8_t* key, const uint8_t* nonce, Segments segments, Tag* tag) {
  EVP_CIPHER* const cipher = ciphers_[static_cast<size_t>(Cipher::kAes128Gcm)];
  int written = 0;
  uint8_t none[16];
  bool ok = EVP_EncryptInit_ex(context_, cipher, nullptr, key, nonce) == 1;
  for (absl::Span<uint8_t> segment : segments) {
    if (segment.empty()) continue;
    ok = ok && EVP_EncryptUpdate(context_, nullptr, &written, segment.data(),
                                 Length(segment.size())) == 1;
  }
  ok = ok && EVP_EncryptFinal_ex(context_, none, &written) == 1 &&
       EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, Length(tag->size()), tag->data()) == 1;
  EVP_CIPHER_CTX_reset(context_);
  return ok;
}

bool Evp::Gcm(bool seal, Cipher cipher, const uint8_t* key, const uint8_t* nonce,
              absl::Span<const uint8_t> associated_data, Segments segments, Tag* tag) {
  int written = 0;
  uint8_t none[16];
  bool ok = EVP_CipherInit_ex(context_, ciphers_[static_cast<size_t>(cipher)], nullptr, key, nonce,
                              seal ? 1 : 0) == 1;
  if (!seal) {
    ok = ok && EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, Length(tag->size()),
                                   tag->data()) == 1;
  }
  if (!associated_data.empty()) {
    ok = ok && EVP_CipherUpdate(context_, nullptr, &written, associated_data.data(),
                                Length(associated_data.size())) == 1;
  }
  for (absl::Span<uint8_t> segment : segments) {
    if (segment.empty()) continue;
    ok = ok && EVP_CipherUpdate(context_, segment.data(), &written, segment.data(),
                                Length(segment.size())) == 1;
  }
  ok = ok && EVP_CipherFinal_ex(context_, none, &written) == 1;
  if (seal) {
    ok = ok && EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, Length(tag->size()),
                                   tag->data()) == 1;
  }
  EVP_CIPHER_CTX_reset(context_);
  return ok;
}

bool Evp::Ccm(bool seal, Cipher cipher, const uint8_t* key, const uint8_t* nonce,
              absl::Span<const uint8_t> associated_data, absl::Span<uint8_t> message, Tag* tag) {
  int written = 0;
  uint8_t none[16] = {};
  uint8_t* const data = message.empty() ? none : message.data();
  const int direction = seal ? 1 : 0;
  bool ok = EVP_CipherInit_ex(context_, ciphers_[static_cast<size_t>(cipher)], nullptr, nullptr,
                              nullptr, direction) == 1 &&
            EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_IVLEN, Length(CipherNonceBytes(cipher)),
                                nullptr) == 1 &&
            EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, Length(tag->size()),
                                seal ? nullptr : tag->data()) == 1 &&
            EVP_CipherInit_ex(context_, nullptr, nullptr, key, nonce, direction) == 1;
  // The length comes first: it is part of the first block.
  ok = ok && EVP_CipherUpdate(context_, nullptr, &written, nullptr, Length(message.size())) == 1;
  if (!associated_data.empty()) {
    ok = ok && EVP_CipherUpdate(context_, nullptr, &written, associated_data.data(),
                                Length(associated_data.size())) == 1;
  }
  // Opening checks the tag here; there is no final step.
  ok = ok && EVP_CipherUpdate(context_, data, &written, data, Length(message.size())) == 1;
  if (seal) {
    ok = ok && EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, Length(tag->size()),
                                   tag->data()) == 1;
  }
  EVP_CIPHER_CTX_reset(context_);
  return ok;
}

bool Evp::Run(bool seal, Cipher cipher, const uint8_t* key, const uint8_t* nonce,
              absl::Span<const uint8_t> associated_data, Segments segments, Tag* tag) {
  if (cipher == Cipher::kAes128Gcm || cipher == Cipher::kAes256Gcm) {
    return Gcm(seal, cipher, key, nonce, associated_data, segments, tag);
  }
  if (segments.size() == 1) {
    return Ccm(seal, cipher, key, nonce, associated_data, segments[0], tag);
  }
  size_t size = 0;
  for (absl::Span<uint8_t> segment : segments) size += segment.size();
  SecretBuffer joined(size);
  uint8_t* at = joined.data();
  for (absl::Span<uint8_t> segment : segments) {
    at = std::copy(segment.begin(), segment.end(), at);
  }
  const bool ok = Ccm(seal, cipher, key, nonce, associated_data, joined.mutable_span(), tag);
  at = joined.data();
  for (absl::Span<uint8_t> segment : segments) {
    std::copy_n(at, segment.size(), segment.begin());
    at += segment.size();
  }
  return ok;
}

bool Evp::Seal(Cipher cipher, const uint8_t* key, const uint8_t* nonce,
               absl::Span<const uint8_t> associated_data, Segments segments, Tag* tag) {
  return Run(true, cipher, key, nonce, associated_data, segments, tag);
}

bool Evp::Open(Cipher cipher, const uint8_t* key, const uint8_t* nonce,
               absl::Span<const uint8_t> associated_data, Segments segments, const Tag& tag) {
  Tag expected = tag;
  return Run(false, cipher, key, nonce, associated_data, segments, &expected);
}

}  // namespace sluice::crypto
