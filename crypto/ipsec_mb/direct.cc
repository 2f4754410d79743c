#include "crypto/ipsec_mb/direct.h"

#include <algorithm>

#include "crypto/schedules.h"

namespace sluice::crypto {
namespace {

constexpr size_t kJobBytesMax = 65520;

}  // namespace

std::unique_ptr<Direct> Direct::Create() {
  std::unique_ptr<Direct> direct(new Direct);
  direct->manager_ = Manager::Create(DetectProcessor());
  return direct->manager_ != nullptr ? std::move(direct) : nullptr;
}

template <typename Fill>
void Direct::RunJobs(Messages messages, Fill fill) {
  IMB_MGR* const manager = manager_->get();
  // Piece by piece of all messages, so that the lanes are as full as they can be.
  bool more = true;
  for (size_t at = 0; more; at += kJobBytesMax) {
    more = false;
    for (absl::Span<uint8_t> message : messages) {
      if (at >= message.size()) continue;
      IMB_JOB* job = IMB_GET_NEXT_JOB(manager);
      const size_t size = std::min(kJobBytesMax, message.size() - at);
      job->src = message.data() + at;
      job->dst = message.data() + at;
      job->auth_tag_output = tag_.data();
      job->auth_tag_output_len_in_bytes = tag_.size();
      job->hash_start_src_offset_in_bytes = 0;
      job->msg_len_to_hash_in_bytes = size;
      fill(job, size);
      job = IMB_SUBMIT_JOB_NOCHECK(manager);
      while (job != nullptr) job = IMB_GET_COMPLETED_JOB(manager);
      more = more || at + kJobBytesMax < message.size();
    }
  }
  while (IMB_FLUSH_JOB(manager) != nullptr) {
  }
}

void Direct::Hmac(const SigningKey& key, Messages messages) {
  const HmacSchedule& schedule = ScheduleAs<HmacSchedule>(key.schedule());
  jobs_.clear();
  for (absl::Span<uint8_t> message : messages) {
    for (size_t at = 0; at < message.size(); at += kJobBytesMax) {
      IMB_JOB& job = jobs_.emplace_back();
      job.cipher_mode = IMB_CIPHER_NULL;
      job.cipher_direction = IMB_DIR_ENCRYPT;
      job.chain_order = IMB_ORDER_HASH_CIPHER;
      job.hash_alg = IMB_AUTH_HMAC_SHA_256;
      job.src = message.data() + at;
      job.msg_len_to_hash_in_bytes = std::min(kJobBytesMax, message.size() - at);
      job.auth_tag_output = tag_.data();
      job.auth_tag_output_len_in_bytes = tag_.size();
      job.u.HMAC._hashed_auth_key_xor_ipad = reinterpret_cast<const uint8_t*>(schedule.inner);
      job.u.HMAC._hashed_auth_key_xor_opad = reinterpret_cast<const uint8_t*>(schedule.outer);
    }
  }
  IMB_SUBMIT_HASH_BURST_NOCHECK(manager_->get(), jobs_.data(), static_cast<uint32_t>(jobs_.size()),
                                IMB_AUTH_HMAC_SHA_256);
}

void Direct::Sign(const SigningKey& key, Messages messages) {
  switch (key.algorithm()) {
    case SigningAlgorithm::kHmacSha256:
      Hmac(key, messages);
      return;
    case SigningAlgorithm::kAes128Cmac: {
      const CmacSchedule& schedule = ScheduleAs<CmacSchedule>(key.schedule());
      RunJobs(messages, [&schedule](IMB_JOB* job, size_t) {
        job->cipher_mode = IMB_CIPHER_NULL;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->chain_order = IMB_ORDER_HASH_CIPHER;
        job->hash_alg = IMB_AUTH_AES_CMAC;
        job->u.CMAC._key_expanded = schedule.round_keys;
        job->u.CMAC._skey1 = schedule.subkey1;
        job->u.CMAC._skey2 = schedule.subkey2;
      });
      return;
    }
    case SigningAlgorithm::kAes128Gmac:
      for (absl::Span<uint8_t> message : messages) {
        IMB_AES128_GCM_ENC(manager_->get(), &ScheduleAs<gcm_key_data>(key.schedule()), &context_,
                           tag_.data(), tag_.data(), 0, nonce_.data(), message.data(),
                           message.size(), tag_.data(), tag_.size());
      }
      return;
  }
}

void Direct::Seal(const CipherKey& key, absl::Span<const uint8_t> associated_data,
                  Messages messages) {
  if (CipherNonceBytes(key.cipher()) == 12) {
    const gcm_key_data* const schedule = &ScheduleAs<gcm_key_data>(key.schedule());
    const aes_gcm_enc_dec_t seal = key.cipher() == Cipher::kAes256Gcm ? manager_->get()->gcm256_enc
                                                                      : manager_->get()->gcm128_enc;
    for (absl::Span<uint8_t> message : messages) {
      seal(schedule, &context_, message.data(), message.data(), message.size(), nonce_.data(),
           associated_data.data(), associated_data.size(), tag_.data(), tag_.size());
    }
    return;
  }
  const CcmSchedule& schedule = ScheduleAs<CcmSchedule>(key.schedule());
  RunJobs(messages, [&](IMB_JOB* job, size_t size) {
    job->cipher_mode = IMB_CIPHER_CCM;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_HASH_CIPHER;
    job->hash_alg = IMB_AUTH_AES_CCM;
    job->enc_keys = schedule.round_keys;
    job->dec_keys = schedule.round_keys;
    job->key_len_in_bytes = CipherKeyBytes(key.cipher());
    job->iv = nonce_.data();
    job->iv_len_in_bytes = 11;
    job->cipher_start_src_offset_in_bytes = 0;
    job->msg_len_to_cipher_in_bytes = size;
    job->u.CCM.aad = associated_data.data();
    job->u.CCM.aad_len_in_bytes = associated_data.size();
  });
}

}  // namespace sluice::crypto
