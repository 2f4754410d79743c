#include "server/config/config_file.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace sluice::config {
namespace {

constexpr char kValid[] = R"(
[server]
listen = ["127.0.0.1:1445", "[::1]:1445"]
loops = 2
state_dir = "/tmp/state"
control_socket = "/tmp/control.sock"
name = "GATE"
[signing]
required = false
algorithms = ["AES-128-CMAC", "HMAC-SHA256"]
[encryption]
mode = "desired"
ciphers = ["AES-256-GCM"]
[auth]
guest = false
anonymous = true
kerberos_keytab = "/etc/cifs.keytab"
kerberos_realms = ["EXAMPLE.COM"]
winbind = true
ntlm = false
failure_delay = 250
[auth.kerberos_users]
"root/admin@EXAMPLE.COM" = "alice"
[[share]]
name = "files"
path = "/tmp"
read_only = true
encryption = "required"
[[share]]
name = "scratch"
storage = "memory"
)";

std::string ErrorOf(absl::string_view text) {
  const auto parsed = ParseConfiguration(text, "test.toml");
  return parsed.ok() ? "accepted" : std::string(parsed.status().message());
}

// The valid file with `from` replaced by `to`.
std::string ErrorWith(absl::string_view from, absl::string_view to) {
  const std::string changed = absl::StrReplaceAll(kValid, {{from, to}});
  EXPECT_NE(changed, kValid) << from;
  return ErrorOf(changed);
}

TEST(ConfigFile, ReadsEveryKey) {
  const auto parsed = ParseConfiguration(kValid, "test.toml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->control_socket, "/tmp/control.sock");
  const GatewayOptions& gateway = parsed->gateway;
  EXPECT_EQ(gateway.listen, (std::vector<std::string>{"127.0.0.1:1445", "[::1]:1445"}));
  EXPECT_EQ(gateway.loops, 2u);
  EXPECT_EQ(gateway.state_dir, "/tmp/state");
  EXPECT_EQ(gateway.server_name, "GATE");
  EXPECT_FALSE(gateway.preferences.signing_required);
  EXPECT_EQ(
      gateway.preferences.signing_algorithms,
      (std::vector{crypto::SigningAlgorithm::kAes128Cmac, crypto::SigningAlgorithm::kHmacSha256}));
  EXPECT_EQ(gateway.preferences.encryption, EncryptionMode::kDesired);
  EXPECT_EQ(gateway.preferences.ciphers, std::vector{crypto::Cipher::kAes256Gcm});
  EXPECT_FALSE(gateway.allow_guest);
  EXPECT_TRUE(gateway.allow_anonymous);
  EXPECT_EQ(gateway.kerberos_keytab, "/etc/cifs.keytab");
  EXPECT_EQ(gateway.kerberos_realms, std::vector<std::string>{"EXAMPLE.COM"});
  EXPECT_EQ(gateway.kerberos_users.at("root/admin@EXAMPLE.COM"), "alice");
  EXPECT_TRUE(gateway.winbind);
  EXPECT_FALSE(gateway.preferences.auth.ntlm);
  EXPECT_EQ(gateway.preferences.auth.failure_delay, 250u);
  ASSERT_EQ(gateway.shares.size(), 2u);
  EXPECT_EQ(gateway.shares[0].name, "files");
  EXPECT_TRUE(gateway.shares[0].preferences.read_only);
  EXPECT_EQ(gateway.shares[0].preferences.encryption, EncryptionMode::kRequired);
  EXPECT_EQ(gateway.shares[1].storage, StorageKind::kMemory);
}

TEST(ConfigFile, DefaultsAreThoseOfTheDocumentation) {
  const auto parsed = ParseConfiguration("[[share]]\nname='files'\npath='/tmp'\n", "test.toml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->gateway.listen, std::vector<std::string>{"127.0.0.1:1445"});
  EXPECT_EQ(parsed->gateway.state_dir, "/var/lib/sluice");
  EXPECT_EQ(parsed->control_socket, "/run/sluice/control.sock");
  EXPECT_TRUE(parsed->gateway.preferences.signing_required);
  EXPECT_EQ(parsed->gateway.preferences.signing_algorithms.size(), 3u);
}

TEST(ConfigFile, UnknownKeyIsNamedWithPlaceAndNearestName) {
  EXPECT_EQ(ErrorWith("loops = 2", "lops = 2"),
            "test.toml:4:1: unknown key \"lops\" in [server]; did you mean \"loops\"?");
}

TEST(ConfigFile, ProcessorIsOneOfItsNames) {
  EXPECT_EQ(ErrorWith("loops = 2", "processor = 'avx1024'"),
            "test.toml:4:13: [server] processor must be auto, avx512, avx2, sse or no-aesni");
}

TEST(ConfigFile, UnknownSectionIsNamedWithNearestName) {
  EXPECT_EQ(ErrorOf("[sining]\nrequired = true\n[[share]]\nname='f'\npath='/tmp'\n"),
            "test.toml:1:2: unknown section \"sining\"; did you mean \"signing\"?");
}

TEST(ConfigFile, AllMistakesAreReportedAtOnce) {
  const std::string error = ErrorOf(
      "[server]\nloops = -1\nnmae = 'X'\n[signing]\nalgorithms = ['MD5']\n[[share]]\nname = 'a/b'\n"
      "path = 'relative'\n");
  EXPECT_TRUE(absl::StrContains(error, "test.toml:2:9: [server] loops must be a whole number"));
  EXPECT_TRUE(absl::StrContains(error, "test.toml:3:1: unknown key \"nmae\""));
  EXPECT_TRUE(
      absl::StrContains(error, "test.toml:5:14: [signing] algorithms: \"MD5\" is not valid"));
  EXPECT_TRUE(absl::StrContains(error, "test.toml:7:8: [[share]] name must be"));
  EXPECT_TRUE(absl::StrContains(error, "test.toml:8:8: [[share]] path must be absolute") ||
              absl::StrContains(error, "test.toml:8:8: [[share]] path must be an absolute path"))
      << error;
}

TEST(ConfigFile, MistakesAreInTheOrderOfTheFile) {
  const std::string error = ErrorOf(
      "[[share]]\nname = 'a/b'\nstorage = 'memory'\n[signing]\nalgorithms = ['MD5']\n[dialect]\n"
      "max = '2.1'\nmin = '3.0'\n[auth]\ngest = true\n");
  std::vector<std::string> places;
  for (const absl::string_view line : absl::StrSplit(error, '\n')) {
    places.emplace_back(line.substr(0, line.find(' ')));
  }
  EXPECT_EQ(places, (std::vector<std::string>{
                        "test.toml:2:8:", "test.toml:5:14:", "test.toml:8:1:", "test.toml:10:1:"}))
      << error;
}

TEST(ConfigFile, DialectsThatContradictEachOtherHaveTheirPlace) {
  EXPECT_TRUE(absl::StartsWith(
      ErrorOf("[dialect]\nmax = '3.0'\nmin = '3.1.1'\n[[share]]\nname = 's'\nstorage = 'memory'\n"),
      "test.toml:3:1: dialect.min (3.1.1) is above dialect.max (3.0)"));
}

TEST(ConfigFile, RejectsWrongTypesAndValues) {
  const struct {
    const char* from;
    const char* to;
    const char* message;
  } kCases[] = {
      {"required = false", "required = 'no'", "[signing] required must be true or false"},
      {"required = false", "required = 3", "[signing] required must be true or false"},
      {"[\"AES-128-CMAC\", \"HMAC-SHA256\"]", "[]",
       "must be a list such as [\"AES-128-CMAC\", \"HMAC-SHA256\"], of AES-128-GMAC"},
      {"[\"AES-128-CMAC\", \"HMAC-SHA256\"]", "\"AES-128-CMAC,HMAC-SHA256\"",
       "[signing] algorithms must be a list such as [\"AES-128-CMAC\", \"HMAC-SHA256\"]"},
      {"read_only = true", "allow_read = 'alice'",
       "must be a list of names, such as [\"alice\", \"@staff\"]"},
      {"[\"127.0.0.1:1445\", \"[::1]:1445\"]", "'*:445'",
       "[server] listen must be a list of strings such as"},
      {"\"HMAC-SHA256\"]", "\"AES-128-CMAC\"]", "named twice"},
      {"mode = \"desired\"", "mode = \"on\"",
       "\"on\" is not valid; it must be one of \"off\", \"enabled\", \"desired\", \"required\""},
      {"\"127.0.0.1:1445\"", "\"127.0.0.1\"", "not host:port"},
      {"\"127.0.0.1:1445\"", "\"127.0.0.1:70000\"", "not host:port"},
      {"\"[::1]:1445\"", "\"::1:1445\"", "not host:port"},
      {"name = \"GATE\"", "name = \"a name with spaces\"", "[server] name must be"},
      {"name = \"scratch\"", "name = \"FILES\"", "used twice"},
      {"name = \"scratch\"", "name = \"ipc$\"", "always there"},
      {"path = \"/tmp\"", "path = \"/there/is/none\"", "there is no directory /there/is/none"},
      {"storage = \"memory\"", "storage = \"tape\"", "must be \"posix\" or \"memory\""},
      {"read_only = true", "read_only = 'yes'", "[[share]] read_only must be true or false"},
  };
  for (const auto& c : kCases) {
    const std::string error = ErrorWith(c.from, c.to);
    EXPECT_TRUE(absl::StrContains(error, c.message)) << c.to << " gave: " << error;
  }
}

TEST(ConfigFile, SyntaxErrorHasItsPlace) {
  EXPECT_TRUE(absl::StartsWith(ErrorOf("[server\n"), "test.toml:1:"));
}

TEST(ConfigFile, RefusesToServeNothing) {
  EXPECT_EQ(ErrorOf("[server]\n"),
            "test.toml: no share to serve; add a [[share]] with name and path");
}

TEST(ConfigFile, FileThatCannotBeReadIsNamedWithTheReason) {
  EXPECT_TRUE(absl::EndsWith(LoadConfiguration("/there/is/none.toml").status().message(),
                             " /there/is/none.toml: No such file or directory"));
  EXPECT_TRUE(absl::StartsWith(LoadConfiguration("/tmp").status().message(),
                               "cannot read the configuration file /tmp: "));
}

TEST(ConfigFile, EmptyFileIsReadAndServesNothing) {
  EXPECT_EQ(LoadConfiguration("/dev/null").status().message(),
            "/dev/null: no share to serve; add a [[share]] with name and path");
}

}  // namespace
}  // namespace sluice::config
