// The multi-buffer library's manager, in memory of our own so that all of it can be wiped.
#ifndef SLUICE_CRYPTO_IPSEC_MB_MANAGER_H_
#define SLUICE_CRYPTO_IPSEC_MB_MANAGER_H_

#include <intel-ipsec-mb.h>

#include <memory>

#include "crypto/processor.h"
#include "crypto/secret.h"

namespace sluice::crypto {

// One thread at a time, except that the key expansion functions it points to keep no state.
class Manager {
 public:
  // Null where this machine cannot run `processor`, and for kNoAesni, which the library as Debian
  // builds it does not have.
  static std::unique_ptr<Manager> Create(Processor processor);
  // The process's own manager for expanding keys; lives for ever. Null as above. Thread-safe.
  static IMB_MGR* ForKeys(Processor processor);

  IMB_MGR* get() { return manager_; }

 private:
  Manager() = default;

  SecretBuffer memory_;
  IMB_MGR* manager_ = nullptr;
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_IPSEC_MB_MANAGER_H_
