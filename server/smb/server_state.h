// What all workers of a gateway share. Thread-safe or immutable; outlives the workers.
#ifndef SLUICE_SERVER_SMB_SERVER_STATE_H_
#define SLUICE_SERVER_SMB_SERVER_STATE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "crypto/processor.h"
#include "server/auth/domain_users.h"
#include "server/auth/group_store.h"
#include "server/auth/identity_map.h"
#include "server/auth/logon_throttle.h"
#include "server/auth/mechanism.h"
#include "server/auth/ntlm_server.h"
#include "server/base/audit_log.h"
#include "server/base/clock.h"
#include "server/base/random.h"
#include "server/base/refusal_log.h"
#include "server/preferences.h"
#include "server/ring/blocking_pool.h"
#include "server/session/session_table.h"
#include "server/smb/address_counts.h"
#include "server/smb/quotas.h"
#include "server/smb/share.h"
#include "server/smb/unfinished_logons.h"

namespace sluice::smb {

class Worker;

struct ServerState {
  std::string name;
  std::array<uint8_t, 16> guid{};
  LivePreferences& preferences;
  ShareTable& shares;
  session::SessionTable& sessions;
  auth::NtlmOptions ntlm;
  auth::IdentityOptions identities;
  const auth::UserStore& users;
  base::Clock& clock;
  base::Random& random;
  // By loop index; complete before the first connection.
  std::vector<Worker*> workers;
  AddressCounts addresses;
  UnfinishedLogons unfinished_logons;
  Quotas quotas;
  // Of the crypto stages, and of the keys that they take.
  crypto::Processor processor = crypto::Processor::kAuto;
  // For what asks the network who somebody is; null: the loops' own.
  ring::BlockingPool* lookups = nullptr;
  base::AuditLog* audit = nullptr;            // null: nothing is kept
  const auth::GroupStore* groups = nullptr;   // null: none
  auth::MechanismSource* kerberos = nullptr;  // null: off
  auth::DomainUsers* domain = nullptr;        // null: the machine's domain is not asked
  auth::LogonThrottle throttle{clock};
  base::RefusalLog refusals{clock};
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_SERVER_STATE_H_
