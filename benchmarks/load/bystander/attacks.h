// Clients that take as much as they are given: the attacks of benchmarks/load/bystanders.
#ifndef SLUICE_BENCHMARKS_LOAD_BYSTANDER_ATTACKS_H_
#define SLUICE_BENCHMARKS_LOAD_BYSTANDER_ATTACKS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::bystander {

struct Victim {
  std::string address;  // host:port
  std::string user;
  std::string password;
  std::string share;
};

struct Attack {
  absl::string_view name;
  absl::string_view help;
  // Until `seconds` have passed. What it is refused it asks for again.
  void (*run)(const Victim& victim, double seconds);
};

absl::Span<const Attack> Attacks();

}  // namespace sluice::bystander

#endif  // SLUICE_BENCHMARKS_LOAD_BYSTANDER_ATTACKS_H_
