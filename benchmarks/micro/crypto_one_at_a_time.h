// What other servers do: a library that takes one message after the other. Keys and contexts are
// made once and kept, so that only the messages are measured.
#ifndef SLUICE_BENCHMARKS_MICRO_CRYPTO_ONE_AT_A_TIME_H_
#define SLUICE_BENCHMARKS_MICRO_CRYPTO_ONE_AT_A_TIME_H_

#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "crypto/algorithms.h"

namespace sluice::benchmarks {

class OneAtATime {
 public:
  virtual ~OneAtATime() = default;
  // Signs or, in place, seals one message.
  virtual void Run(absl::Span<uint8_t> message) = 0;
};

std::unique_ptr<OneAtATime> OpensslSigner(crypto::SigningAlgorithm algorithm,
                                          absl::Span<const uint8_t> key);
std::unique_ptr<OneAtATime> OpensslSealer(crypto::Cipher cipher, absl::Span<const uint8_t> key,
                                          absl::Span<const uint8_t> associated_data);
// GnuTLS is what Samba signs and seals with.
std::unique_ptr<OneAtATime> GnutlsSigner(crypto::SigningAlgorithm algorithm,
                                         absl::Span<const uint8_t> key);
std::unique_ptr<OneAtATime> GnutlsSealer(crypto::Cipher cipher, absl::Span<const uint8_t> key,
                                         absl::Span<const uint8_t> associated_data);

}  // namespace sluice::benchmarks

#endif  // SLUICE_BENCHMARKS_MICRO_CRYPTO_ONE_AT_A_TIME_H_
