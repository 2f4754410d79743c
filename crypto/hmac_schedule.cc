#include "crypto/hmac_schedule.h"

// The older interface: its context can start from a state, which EVP's cannot.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>

namespace sluice::crypto {
namespace {

constexpr size_t kBlockBytes = 64;

// A context that has hashed one block and is at `state`.
void Resume(const uint32_t (&state)[8], SHA256_CTX* context) {
  SHA256_Init(context);
  for (size_t i = 0; i < 8; ++i) context->h[i] = state[i];
  context->Nl = kBlockBytes * 8;
}

}  // namespace

void ExpandHmacKey(absl::Span<const uint8_t> key, HmacSchedule* schedule) {
  SecretBytes<kBlockBytes> pad;
  if (key.size() > kBlockBytes) {
    SHA256(key.data(), key.size(), pad.data());
  } else {
    std::copy(key.begin(), key.end(), pad.data());
  }
  SHA256_CTX context;
  for (uint8_t& byte : pad.mutable_span()) byte ^= 0x36;
  SHA256_Init(&context);
  SHA256_Transform(&context, pad.data());
  std::copy_n(context.h, 8, schedule->inner);
  for (uint8_t& byte : pad.mutable_span()) byte ^= 0x36 ^ 0x5c;
  SHA256_Init(&context);
  SHA256_Transform(&context, pad.data());
  std::copy_n(context.h, 8, schedule->outer);
  Wipe(&context, sizeof(context));
}

void HmacOneAtATime(const HmacSchedule& schedule, absl::Span<const absl::Span<uint8_t>> segments,
                    std::array<uint8_t, kSignatureBytes>* signature) {
  SHA256_CTX context;
  uint8_t digest[SHA256_DIGEST_LENGTH];
  Resume(schedule.inner, &context);
  for (absl::Span<uint8_t> segment : segments) {
    SHA256_Update(&context, segment.data(), segment.size());
  }
  SHA256_Final(digest, &context);
  Resume(schedule.outer, &context);
  SHA256_Update(&context, digest, sizeof(digest));
  SHA256_Final(digest, &context);
  std::copy_n(digest, kSignatureBytes, signature->begin());
  Wipe(&context, sizeof(context));
  Wipe(digest, sizeof(digest));
}

}  // namespace sluice::crypto
