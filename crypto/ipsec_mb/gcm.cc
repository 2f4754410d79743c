#include "crypto/ipsec_mb/gcm.h"

namespace sluice::crypto {
namespace {

// The library refuses null pointers, also for no bytes.
uint8_t nothing[16];

struct Functions {
  aes_gcm_init_t init;
  aes_gcm_enc_dec_update_t update;
  aes_gcm_enc_dec_finalize_t finalize;
};

Functions Choose(const IMB_MGR* manager, bool wide, bool open) {
  if (wide) {
    return open ? Functions{manager->gcm256_init, manager->gcm256_dec_update,
                            manager->gcm256_dec_finalize}
                : Functions{manager->gcm256_init, manager->gcm256_enc_update,
                            manager->gcm256_enc_finalize};
  }
  return open ? Functions{manager->gcm128_init, manager->gcm128_dec_update,
                          manager->gcm128_dec_finalize}
              : Functions{manager->gcm128_init, manager->gcm128_enc_update,
                          manager->gcm128_enc_finalize};
}

}  // namespace

void Gcm::SignSegments(const SignJob& job, Tag* signature) {
  const gcm_key_data* const key = &ScheduleAs<gcm_key_data>(job.key->schedule());
  IMB_AES128_GMAC_INIT(manager_, key, &context_, job.nonce.data(), job.nonce.size());
  for (size_t i = 0; i < job.segment_count; ++i) {
    const absl::Span<uint8_t> segment = job.segments[i];
    if (segment.empty()) continue;
    IMB_AES128_GMAC_UPDATE(manager_, key, &context_, segment.data(), segment.size());
  }
  IMB_AES128_GMAC_FINALIZE(manager_, key, &context_, signature->data(), signature->size());
}

void Gcm::CryptSegments(const SealJob& job, Tag* tag) {
  const gcm_key_data* const key = &ScheduleAs<gcm_key_data>(job.key->schedule());
  const Functions functions = Choose(manager_, job.key->cipher() == Cipher::kAes256Gcm, job.open);
  const absl::Span<const uint8_t> associated_data =
      job.associated_data.empty() ? absl::Span<const uint8_t>(nothing, 0) : job.associated_data;
  functions.init(key, &context_, job.nonce.data(), associated_data.data(), associated_data.size());
  for (size_t i = 0; i < job.segment_count; ++i) {
    const absl::Span<uint8_t> segment = job.segments[i];
    if (segment.empty()) continue;
    functions.update(key, &context_, segment.data(), segment.data(), segment.size());
  }
  functions.finalize(key, &context_, tag->data(), tag->size());
}

}  // namespace sluice::crypto
