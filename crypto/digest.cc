#include "crypto/digest.h"

// The one-shot contexts of OpenSSL's older interface need no provider, no allocation and no error
// path. MD4 through EVP would need the legacy provider, a separate file loaded at run time.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md4.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <cassert>
#include <cstring>
#include <utility>

#include "crypto/secret.h"

namespace sluice::crypto {
namespace {

template <typename Context, int (*Init)(Context*), int (*Update)(Context*, const void*, size_t),
          int (*Final)(unsigned char*, Context*), size_t kDigest, size_t kBlock>
struct Hash {
  static constexpr size_t kBlockBytes = kBlock;
  using Digest = std::array<uint8_t, kDigest>;

  Hash() { Init(&context); }
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;
  // The context holds the message's last block and, in an HMAC, what the key became.
  ~Hash() { Wipe(&context, sizeof(context)); }

  void Add(absl::Span<const uint8_t> bytes) { Update(&context, bytes.data(), bytes.size()); }
  void Add(Pieces pieces) {
    for (absl::Span<const uint8_t> piece : pieces) Add(piece);
  }
  Digest Finish() {
    Digest digest;
    Final(digest.data(), &context);
    return digest;
  }

  Context context;
};

using Md4Hash = Hash<MD4_CTX, MD4_Init, MD4_Update, MD4_Final, kMd4Bytes, 64>;
using Md5Hash = Hash<MD5_CTX, MD5_Init, MD5_Update, MD5_Final, kMd5Bytes, 64>;
using Sha256Hash = Hash<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final, kSha256Bytes, 64>;
using Sha512Hash = Hash<SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final, kSha512Bytes, 128>;

template <typename H>
typename H::Digest OneShot(Pieces message) {
  H hash;
  hash.Add(message);
  return hash.Finish();
}

// [RFC 2104].
template <typename H>
typename H::Digest Hmac(absl::Span<const uint8_t> key, Pieces message) {
  SecretBytes<H::kBlockBytes> pad;
  if (key.size() > H::kBlockBytes) {
    typename H::Digest digest = OneShot<H>({key});
    std::copy(digest.begin(), digest.end(), pad.data());
    Wipe(digest.data(), digest.size());
  } else {
    std::copy(key.begin(), key.end(), pad.data());
  }
  for (uint8_t& byte : pad.mutable_span()) byte ^= 0x36;
  H inner;
  inner.Add(pad.span());
  inner.Add(message);
  typename H::Digest digest = inner.Finish();
  for (uint8_t& byte : pad.mutable_span()) byte ^= 0x36 ^ 0x5c;
  H outer;
  outer.Add(pad.span());
  outer.Add(absl::MakeConstSpan(digest));
  Wipe(digest.data(), digest.size());
  return outer.Finish();
}

}  // namespace

std::array<uint8_t, kMd4Bytes> Md4(absl::Span<const uint8_t> message) {
  return OneShot<Md4Hash>({message});
}

std::array<uint8_t, kMd5Bytes> Md5(Pieces message) { return OneShot<Md5Hash>(message); }

std::array<uint8_t, kSha256Bytes> Sha256(Pieces message) { return OneShot<Sha256Hash>(message); }

std::array<uint8_t, kSha512Bytes> Sha512(Pieces message) { return OneShot<Sha512Hash>(message); }

std::array<uint8_t, kMd5Bytes> HmacMd5(absl::Span<const uint8_t> key, Pieces message) {
  return Hmac<Md5Hash>(key, message);
}

std::array<uint8_t, kSha256Bytes> HmacSha256(absl::Span<const uint8_t> key, Pieces message) {
  return Hmac<Sha256Hash>(key, message);
}

// Written out here because OpenSSL 3 has RC4 in its legacy provider only, and its older interface
// leaves the key schedule in memory.
Rc4::Rc4(absl::Span<const uint8_t> key) {
  assert(!key.empty() && key.size() <= state_.size());
  for (size_t i = 0; i < state_.size(); ++i) state_[i] = static_cast<uint8_t>(i);
  if (key.empty()) return;
  uint8_t j = 0;
  for (size_t i = 0; i < state_.size(); ++i) {
    j = static_cast<uint8_t>(j + state_[i] + key[i % key.size()]);
    std::swap(state_[i], state_[j]);
  }
}

Rc4::~Rc4() {
  Wipe(state_.data(), state_.size());
  i_ = j_ = 0;
}

void Rc4::Process(absl::Span<const uint8_t> in, absl::Span<uint8_t> out) {
  assert(in.size() == out.size());
  for (size_t n = 0; n < in.size(); ++n) {
    i_ = static_cast<uint8_t>(i_ + 1);
    j_ = static_cast<uint8_t>(j_ + state_[i_]);
    std::swap(state_[i_], state_[j_]);
    out[n] = in[n] ^ state_[static_cast<uint8_t>(state_[i_] + state_[j_])];
  }
}

}  // namespace sluice::crypto
