// attacker ATTACK HOST:PORT SHARE USER SECONDS, with the password on standard input: attacks a
// server of the caller's own.
#include <cstdio>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "benchmarks/load/bystander/attacks.h"

namespace sluice::bystander {
namespace {

int Usage() {
  std::fprintf(stderr,
               "usage: attacker ATTACK HOST:PORT SHARE USER SECONDS   (password: standard input)\n"
               "attacks:\n");
  for (const Attack& attack : Attacks()) {
    std::fprintf(stderr, "  %-22s %s\n", std::string(attack.name).c_str(),
                 std::string(attack.help).c_str());
  }
  return 2;
}

int Main(int argc, char** argv) {
  double seconds = 0;
  if (argc != 6 || !absl::SimpleAtod(argv[5], &seconds)) return Usage();
  Victim victim;
  victim.address = argv[2];
  victim.share = argv[3];
  victim.user = argv[4];
  std::getline(std::cin, victim.password);
  for (const Attack& attack : Attacks()) {
    if (attack.name != argv[1]) continue;
    attack.run(victim, seconds);
    return 0;
  }
  return Usage();
}

}  // namespace
}  // namespace sluice::bystander

int main(int argc, char** argv) { return sluice::bystander::Main(argc, argv); }
