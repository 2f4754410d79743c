#include "benchmarks/load/target.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sluice::bench {
namespace {

absl::Status Resolve(const std::string& host, const std::string& port, net::Address* address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(absl::StrCat("host \"", host, "\": ", gai_strerror(error)));
  }
  address->bytes = found->ai_addrlen;
  std::memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseTarget(absl::string_view target, ClientOptions* options) {
  const auto wrong = [target] {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", target, "\" is no target; give smb://HOST[:PORT]/SHARE or limit://HOST:PORT"));
  };
  absl::string_view rest = target;
  options->limit = absl::ConsumePrefix(&rest, "limit://");
  if (!options->limit && !absl::ConsumePrefix(&rest, "smb://")) return wrong();
  const size_t slash = rest.find('/');
  absl::string_view authority = rest.substr(0, slash);
  absl::string_view share = slash == absl::string_view::npos ? "" : rest.substr(slash + 1);
  absl::ConsumeSuffix(&share, "/");
  if (share.empty() != options->limit || absl::StrContains(share, "/")) return wrong();

  std::string host(authority);
  std::string port = options->limit ? "" : "445";
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != absl::string_view::npos && (bracket == absl::string_view::npos || colon > bracket)) {
    host = std::string(authority.substr(0, colon));
    port = std::string(authority.substr(colon + 1));
  }
  uint32_t number = 0;
  if (!absl::SimpleAtoi(port, &number) || number == 0 || number > 65535 || host.empty()) {
    return wrong();
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  options->server = host;
  options->share = std::string(share);
  return Resolve(host, port, &options->address);
}

namespace {

absl::Status SetDialect(absl::string_view dialect, ClientOptions* options) {
  if (dialect == "auto") return absl::OkStatus();
  const session::ClientOffer all;
  for (const proto::Dialect known : all.dialects) {
    if (proto::Name(known) != dialect) continue;
    options->offer.dialects = {known};
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "no dialect \"", dialect, "\"; there are auto, 2.0.2, 2.1, 3.0, 3.0.2 and 3.1.1"));
}

absl::Status SetSigning(absl::string_view signing, ClientOptions* options) {
  options->sign = signing != "none";
  if (signing == "auto" || signing == "none") return absl::OkStatus();
  std::string name = absl::AsciiStrToUpper(signing);
  if (name == "GMAC" || name == "CMAC") name = "AES-128-" + name;
  if (name == "HMAC") name = "HMAC-SHA256";
  crypto::SigningAlgorithm algorithm;
  if (!crypto::ParseSigningAlgorithm(name, &algorithm)) {
    return absl::InvalidArgumentError(absl::StrCat("no signing algorithm \"", signing,
                                                   "\"; there are auto, none, gmac, cmac, hmac"));
  }
  options->offer.signing = {algorithm};
  const proto::Dialect least = options->offer.dialects.front();
  const proto::Dialect most = options->offer.dialects.back();
  // Before 3.1.1 the dialect says it all: HMAC below 3.0, CMAC from there on.
  const bool possible =
      most == proto::Dialect::kSmb311 ||
      (algorithm == crypto::SigningAlgorithm::kHmacSha256 && most < proto::Dialect::kSmb300) ||
      (algorithm == crypto::SigningAlgorithm::kAes128Cmac && least >= proto::Dialect::kSmb300);
  if (!possible) {
    return absl::InvalidArgumentError(
        absl::StrCat("dialect ", proto::Name(most), " cannot sign with ", crypto::Name(algorithm)));
  }
  // A server may choose an older dialect, and with it another algorithm.
  if (most == proto::Dialect::kSmb311) options->offer.dialects = {most};
  return absl::OkStatus();
}

}  // namespace

absl::Status SetProtection(absl::string_view dialect, absl::string_view signing,
                           absl::string_view cipher, ClientOptions* options) {
  absl::Status status = SetDialect(dialect, options);
  if (status.ok()) status = SetSigning(signing, options);
  if (!status.ok()) return status;
  options->seal = cipher != "none";
  if (!options->seal) return absl::OkStatus();
  crypto::Cipher parsed;
  if (!crypto::ParseCipher(absl::AsciiStrToUpper(cipher), &parsed)) {
    return absl::InvalidArgumentError(
        absl::StrCat("no cipher \"", cipher,
                     "\"; there are none, AES-128-GCM, AES-128-CCM, AES-256-GCM, AES-256-CCM"));
  }
  const proto::Dialect most = options->offer.dialects.back();
  if (most < proto::Dialect::kSmb300 ||
      (most < proto::Dialect::kSmb311 && parsed != crypto::Cipher::kAes128Ccm)) {
    return absl::InvalidArgumentError(
        absl::StrCat("dialect ", proto::Name(most), " cannot encrypt with ", crypto::Name(parsed)));
  }
  if (most == proto::Dialect::kSmb311) options->offer.dialects = {most};
  options->offer.ciphers = {parsed};
  return absl::OkStatus();
}

}  // namespace sluice::bench
