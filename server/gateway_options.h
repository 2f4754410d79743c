// What a gateway is started with.
#ifndef SLUICE_SERVER_GATEWAY_OPTIONS_H_
#define SLUICE_SERVER_GATEWAY_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "crypto/processor.h"
#include "server/preferences.h"

namespace sluice {

enum class StorageKind : uint8_t { kPosix, kMemory };

struct ShareOptions {
  std::string name;
  std::string path;  // kPosix only
  std::string comment;
  StorageKind storage = StorageKind::kPosix;
  // Where it cannot be opened at the start, the others are served.
  bool optional = false;
  SharePreferences preferences;
};

struct GatewayOptions {
  std::vector<std::string> listen = {"127.0.0.1:1445"};  // host:port or [v6]:port
  // Sockets that listen already, to be taken over; `listen` does not count then.
  std::vector<int> listen_sockets;
  size_t loops = 0;                                      // 0: one per core
  std::string state_dir;
  std::string server_name = "SLUICE";  // NetBIOS and DNS host name
  // The code path of the crypto library; another than kAuto is for tests and comparisons.
  crypto::Processor processor = crypto::Processor::kAuto;
  bool allow_guest = false;      // unknown users
  bool allow_anonymous = false;  // clients without credentials
  // Log-ons by Kerberos with the keys in this file; "": none. See server/auth/kerberos.h.
  std::string kerberos_keytab;
  std::vector<std::string> kerberos_realms;
  std::map<std::string, std::string> kerberos_users;  // principal -> user
  bool winbind = false;  // users of the machine's domain, see server/auth/winbind.h
  // Its `shares` is filled from the shares below.
  Preferences preferences;
  // Files and pipes open in the whole process; 0: what RLIMIT_NOFILE leaves for them.
  size_t opens_max = 0;
  std::string audit_file;  // "": no audit log
  std::vector<ShareOptions> shares;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_GATEWAY_OPTIONS_H_
