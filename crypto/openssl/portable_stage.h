// The stage for processors without AES instructions, which Debian's multi-buffer library does not
// serve: everything by OpenSSL, one message at a time. OpenSSL picks its own code for the
// processor.
#ifndef SLUICE_CRYPTO_OPENSSL_PORTABLE_STAGE_H_
#define SLUICE_CRYPTO_OPENSSL_PORTABLE_STAGE_H_

#include <memory>

#include "crypto/batch_stage.h"

namespace sluice::crypto {

// Null where OpenSSL lacks a cipher (a FIPS-only configuration).
std::unique_ptr<BatchStage> CreatePortableStage();

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_OPENSSL_PORTABLE_STAGE_H_
