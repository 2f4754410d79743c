// What the gateway gives up for good once its sockets are bound.
#ifndef SLUICE_SERVER_SERVICE_PRIVILEGES_H_
#define SLUICE_SERVER_SERVICE_PRIVILEGES_H_

#include "absl/status/status.h"

namespace sluice::service {

// Keeps, of the capabilities that the process has, those that serving files for several users
// takes: to become the user (SETUID, SETGID), and to reach shares and attributes on the gateway's
// own behalf (DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, CHOWN, FSETID). All others, and gaining any by
// executing a program, are gone. REQUIRES: one thread; later threads inherit.
absl::Status DropPrivileges();

// From now on system calls that no file server makes (executing programs, mounting, loading kernel
// code, tracing, other namespaces, ...) fail with EPERM, in every thread and for good.
// REQUIRES: DropPrivileges.
absl::Status FilterSystemCalls();

}  // namespace sluice::service

#endif  // SLUICE_SERVER_SERVICE_PRIVILEGES_H_
