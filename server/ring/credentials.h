// Credentials of one thread. glibc's wrappers change those of all threads, so these are the raw
// system calls; only the effective ids change, the saved ones stay root's to come back.
#ifndef SLUICE_SERVER_RING_CREDENTIALS_H_
#define SLUICE_SERVER_RING_CREDENTIALS_H_

#include "server/base/identity.h"

namespace sluice::ring {

// Whether this process may act for others at all (runs with effective uid 0).
bool CanChangeCredentials();

// Acts as `who` on the calling thread from construction to destruction. A thread that cannot go
// back to the process's credentials must not go on: that aborts.
class ScopedCredentials {
 public:
  // `who` null, or no right to change: nothing happens and ok() holds.
  explicit ScopedCredentials(const base::Identity* who);
  ~ScopedCredentials();
  ScopedCredentials(const ScopedCredentials&) = delete;
  ScopedCredentials& operator=(const ScopedCredentials&) = delete;

  // 0, or the -errno of the call that refused; then nothing has changed.
  int error() const { return error_; }

 private:
  void Restore();

  bool changed_ = false;
  int error_ = 0;
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_CREDENTIALS_H_
