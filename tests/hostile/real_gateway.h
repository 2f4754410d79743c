// A sluiced process of its own, for tests that attack it: spawned, administered through sluicectl,
// and ended in order, so that a crash, a sanitizer's report or an unclean end fails the test.
#ifndef SLUICE_TESTS_HOSTILE_REAL_GATEWAY_H_
#define SLUICE_TESTS_HOSTILE_REAL_GATEWAY_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace sluice::hostile {

// From the environment that run.py sets:
//   SLUICE_HOSTILE_BIN      the directory with sluiced and sluicectl
//   SLUICE_HOSTILE_LOOPS    event loops of the gateway; 2 without it
//   SLUICE_HOSTILE_USER     "1": the gateway runs as nobody, not as root
struct Setting {
  std::string bin;
  int loops = 2;
  bool as_nobody = false;
};
const Setting& TheSetting();

// Without supplementary groups.
struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
};
// Ends the process where it may not. For children.
void Become(Account account);
Account Nobody();

class RealGateway {
 public:
  struct Answer {
    int code = -1;
    std::string out;  // standard output and error
  };

  // A directory of its own, with subdirectories "disk" (mode 0777) and "state".
  RealGateway();
  // Kills the process where Stop() has not ended it; removes the directory.
  ~RealGateway();
  RealGateway(const RealGateway&) = delete;
  RealGateway& operator=(const RealGateway&) = delete;

  // `server` are lines of [server], `rest` sections and shares. False, with the log on standard
  // error, where the gateway did not get ready.
  bool Start(absl::string_view server, absl::string_view rest);
  // SIGTERM. True where the process ended with 0 in time.
  bool Stop();
  void Kill();
  // Whether the process is still there.
  bool Alive();

  // As root, or whoever runs the tests.
  Answer Ctl(const std::vector<std::string>& arguments, absl::string_view input = "");
  Answer CtlAs(Account caller, const std::vector<std::string>& arguments,
               absl::string_view input = "");
  nlohmann::json CtlJson(std::vector<std::string> arguments);
  // A counter of `status`; 0 if there is none of that name.
  uint64_t Counter(const std::string& name);

  const std::string& address() const { return address_; }
  const std::string& directory() const { return directory_; }
  std::string disk() const { return directory_ + "/disk"; }
  std::string control_socket() const { return directory_ + "/c"; }
  std::string Log() const;
  pid_t pid() const { return pid_; }

 private:
  Answer RunCtl(std::optional<Account> caller, const std::vector<std::string>& arguments,
                absl::string_view input);

  std::string directory_;
  std::string address_;
  pid_t pid_ = -1;
};

}  // namespace sluice::hostile

#endif  // SLUICE_TESTS_HOSTILE_REAL_GATEWAY_H_
