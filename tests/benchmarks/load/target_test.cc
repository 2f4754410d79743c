#include "benchmarks/load/target.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "benchmarks/load/command_line.h"
#include "server/net/address.h"

namespace sluice::bench {
namespace {

using proto::Dialect;

TEST(TargetTest, HasHostPortAndShare) {
  ClientOptions options;
  ASSERT_TRUE(ParseTarget("smb://127.0.0.1:1445/files", &options).ok());
  EXPECT_EQ(net::FormatAddress(options.address), "127.0.0.1:1445");
  EXPECT_EQ(options.server, "127.0.0.1");
  EXPECT_EQ(options.share, "files");
  EXPECT_FALSE(options.limit);
}

TEST(TargetTest, PortIs445WithoutOne) {
  ClientOptions options;
  ASSERT_TRUE(ParseTarget("smb://[::1]/files/", &options).ok());
  EXPECT_EQ(net::FormatAddress(options.address), "[::1]:445");
  EXPECT_EQ(options.share, "files");
}

TEST(TargetTest, LimitServerHasNoShare) {
  ClientOptions options;
  ASSERT_TRUE(ParseTarget("limit://127.0.0.1:9", &options).ok());
  EXPECT_TRUE(options.limit);
}

TEST(TargetTest, RefusesWhatIsNoTarget) {
  for (const char* wrong :
       {"", "127.0.0.1", "http://127.0.0.1/files", "smb://127.0.0.1", "smb://127.0.0.1/",
        "smb://127.0.0.1:0/files", "smb://127.0.0.1:70000/files", "smb://127.0.0.1:x/files",
        "smb:///files", "smb://127.0.0.1/files/deeper", "limit://127.0.0.1",
        "limit://127.0.0.1:9/a"}) {
    ClientOptions options;
    const absl::Status status = ParseTarget(wrong, &options);
    EXPECT_NE(status.message().find("smb://HOST[:PORT]/SHARE"), absl::string_view::npos) << wrong;
  }
}

absl::Status Protect(absl::string_view dialect, absl::string_view signing, absl::string_view cipher,
                     ClientOptions* options) {
  return SetProtection(dialect, signing, cipher, options);
}

TEST(ProtectionTest, OffersEverythingByDefault) {
  ClientOptions options;
  ASSERT_TRUE(Protect("auto", "auto", "none", &options).ok());
  EXPECT_EQ(options.offer.dialects.size(), 5u);
  EXPECT_EQ(options.offer.signing.size(), 3u);
  EXPECT_TRUE(options.sign);
  EXPECT_FALSE(options.seal);
}

// Otherwise a server could choose an older dialect, which signs in its own way.
TEST(ProtectionTest, NamedAlgorithmMeansTheDialectThatCanNegotiateIt) {
  ClientOptions options;
  ASSERT_TRUE(Protect("auto", "gmac", "aes-256-gcm", &options).ok());
  EXPECT_EQ(options.offer.dialects, std::vector<Dialect>{Dialect::kSmb311});
  EXPECT_EQ(options.offer.signing,
            std::vector<crypto::SigningAlgorithm>{crypto::SigningAlgorithm::kAes128Gmac});
  EXPECT_EQ(options.offer.ciphers, std::vector<crypto::Cipher>{crypto::Cipher::kAes256Gcm});
  EXPECT_TRUE(options.seal);
}

TEST(ProtectionTest, OldDialectsHaveTheOneAlgorithmOfTheirs) {
  ClientOptions options;
  EXPECT_TRUE(Protect("2.1", "hmac", "none", &options).ok());
  options = ClientOptions();
  EXPECT_TRUE(Protect("3.0", "cmac", "AES-128-CCM", &options).ok());
  EXPECT_EQ(options.offer.dialects, std::vector<Dialect>{Dialect::kSmb300});
}

TEST(ProtectionTest, RefusesWhatADialectCannotDo) {
  const struct {
    const char* dialect;
    const char* signing;
    const char* cipher;
  } kWrong[] = {{"2.1", "cmac", "none"},        {"3.0", "hmac", "none"},
                {"3.0.2", "gmac", "none"},      {"2.1", "auto", "AES-128-CCM"},
                {"3.0", "auto", "AES-128-GCM"}, {"4.0", "auto", "none"},
                {"auto", "md5", "none"},        {"auto", "auto", "des"}};
  for (const auto& wrong : kWrong) {
    ClientOptions options;
    EXPECT_FALSE(Protect(wrong.dialect, wrong.signing, wrong.cipher, &options).ok())
        << wrong.dialect << " " << wrong.signing << " " << wrong.cipher;
  }
}

// --- The command line ---

std::string ErrorOf(std::vector<std::string> arguments) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine(std::move(arguments));
  return std::string(line.status().message());
}

TEST(CommandLineTest, RunHasItsOptions) {
  setenv("SLUICEBENCH_PASSWORD", "secret", 1);
  const absl::StatusOr<CommandLine> line =
      ParseCommandLine({"smb://127.0.0.1:1/s", "--user", "u", "-w", "randread", "--bs", "4K",
                        "--size=1G", "-c", "3", "-d8", "--threads=2", "--time", "2.5", "--rate=100",
                        "--verify", "--json", "-", "--curve=a=b=7"});
  ASSERT_TRUE(line.ok()) << line.status();
  ASSERT_EQ(line->runs.size(), 1u);
  const RunOptions& run = line->runs[0];
  EXPECT_EQ(run.block_bytes, 4096u);
  EXPECT_EQ(run.file_bytes, 1u << 30);
  EXPECT_EQ(run.connections, 3u);
  EXPECT_EQ(run.depth, 8u);
  EXPECT_EQ(run.threads, 2u);
  EXPECT_EQ(run.seconds, 2.5);
  EXPECT_EQ(run.rate, 100);
  EXPECT_TRUE(run.verify);
  EXPECT_EQ(run.label, "randread");
  EXPECT_EQ(run.curve, "a=b");
  EXPECT_EQ(run.curve_at, 7);
  EXPECT_EQ(line->json, "-");
  EXPECT_EQ(run.client.nt_hash.bytes, auth::NtHashOfPassword("secret")->bytes);
}

TEST(CommandLineTest, ErrorsSayWhatToDo) {
  unsetenv("SLUICEBENCH_PASSWORD");
  EXPECT_NE(ErrorOf({"smb://127.0.0.1/s", "--user", "u"}).find("--password-file"),
            std::string::npos);
  EXPECT_NE(ErrorOf({"smb://127.0.0.1/s", "-w", "nothing"}).find("randread"), std::string::npos);
  EXPECT_NE(ErrorOf({"smb://127.0.0.1/s", "--bogus"}).find("--bogus"), std::string::npos);
  EXPECT_NE(ErrorOf({"smb://127.0.0.1/s", "--bs", "16M"}).find("--bs"), std::string::npos);
  EXPECT_NE(ErrorOf({"smb://127.0.0.1/s", "--time=1", "--count=5"}).find("--count"),
            std::string::npos);
  EXPECT_NE(ErrorOf({"limit://127.0.0.1:1", "-w", "stat"}).find("limit servers"),
            std::string::npos);
  EXPECT_NE(ErrorOf({"limit://127.0.0.1:1", "--verify"}).find("verified"), std::string::npos);
  EXPECT_NE(ErrorOf({"smb://127.0.0.1/s", "--curve=loops"}).find("loops=2"), std::string::npos);
  EXPECT_NE(ErrorOf({"-w", "echo"}).find("smb://HOST"), std::string::npos);
  EXPECT_NE(ErrorOf({"smb://127.0.0.1/s", "--time=0"}).find("0 is not a number above 0"),
            std::string::npos);
  EXPECT_NE(ErrorOf({"smb://127.0.0.1/s", "--warmup=-1"}).find("-1 is not a number from 0 on"),
            std::string::npos);
  EXPECT_NE(ErrorOf({"suite", "/nonexistent/jobs.toml"}).find("cannot read the job file"),
            std::string::npos);
}

// Whatever tickets the machine's user has.
class LogOnTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("KRB5CCNAME", "FILE:/nonexistent/tickets", 1);
    setenv("KRB5_CLIENT_KTNAME", "FILE:/nonexistent/keys", 1);
    setenv("SLUICEBENCH_PASSWORD", "secret", 1);
  }
};

TEST_F(LogOnTest, WithoutATicketItIsNtlm) {
  const absl::StatusOr<CommandLine> anonymous = ParseCommandLine({"smb://localhost/s"});
  ASSERT_TRUE(anonymous.ok()) << anonymous.status();
  EXPECT_FALSE(anonymous->runs[0].client.kerberos);
  EXPECT_EQ(anonymous->runs[0].client.user, "");
  const absl::StatusOr<CommandLine> named =
      ParseCommandLine({"smb://localhost/s", "--auth=ntlm", "--user=u"});
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_FALSE(named->runs[0].client.kerberos);
  EXPECT_EQ(named->runs[0].client.nt_hash.bytes, auth::NtHashOfPassword("secret")->bytes);
}

TEST_F(LogOnTest, KerberosWithoutATicketSaysWhatToDo) {
  EXPECT_NE(ErrorOf({"smb://localhost/s", "--auth=kerberos"}).find("kinit"), std::string::npos);
  EXPECT_NE(ErrorOf({"smb://localhost/s", "--auth=kerberos", "--user=u@EXAMPLE.COM"}).find("kinit"),
            std::string::npos);
}

TEST_F(LogOnTest, KerberosTakesNoPassword) {
  for (const char* more : {"--password-file=-", "--domain=EXAMPLE"}) {
    EXPECT_NE(ErrorOf({"smb://localhost/s", "--auth=kerberos", more}).find("no password"),
              std::string::npos)
        << more;
  }
}

TEST_F(LogOnTest, RefusesWhatIsNoLogOn) {
  EXPECT_NE(ErrorOf({"smb://localhost/s", "--auth=digest"}).find("--auth"), std::string::npos);
  EXPECT_NE(ErrorOf({"limit://127.0.0.1:1", "--auth=kerberos", "-w", "echo"}).find("no log-on"),
            std::string::npos);
}

TEST(CommandLineTest, HelpListsTheWorkloads) {
  const absl::StatusOr<CommandLine> line = ParseCommandLine({"run", "--help"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->action, CommandLine::Action::kSay);
  EXPECT_NE(line->text.find("create-delete"), std::string::npos);
  EXPECT_EQ(ParseCommandLine({"suite", "--help"})->action, CommandLine::Action::kSay);
}

std::string JobFile(const std::string& text) {
  std::string path = ::testing::TempDir() + "/jobs.toml";
  std::ofstream(path) << text;
  return path;
}

TEST(JobFileTest, JobsHaveTheDefaultsAndTheirOwn) {
  const std::string path = JobFile(
      "[defaults]\ntarget = \"smb://127.0.0.1:1/s\"\nconnections = 4\nverify = true\n"
      "[[job]]\nname = \"one\"\nworkload = \"read\"\nbs = \"64K\"\n"
      "[[job]]\nworkload = \"echo\"\nconnections = 2\nverify = false\n");
  const absl::StatusOr<CommandLine> line =
      ParseCommandLine({"suite", path, "--depth=7", "--json", "out"});
  ASSERT_TRUE(line.ok()) << line.status();
  ASSERT_EQ(line->runs.size(), 2u);
  EXPECT_EQ(line->runs[0].label, "one");
  EXPECT_EQ(line->runs[0].block_bytes, 65536u);
  EXPECT_EQ(line->runs[0].connections, 4u);
  EXPECT_TRUE(line->runs[0].verify);
  EXPECT_EQ(line->runs[1].connections, 2u);
  EXPECT_FALSE(line->runs[1].verify);
  EXPECT_EQ(line->runs[1].depth, 7u);
  EXPECT_EQ(line->json, "out");
}

// It must not go to the jobs, which write nothing.
TEST(JobFileTest, ResultsHaveOneFileHoweverItIsWritten) {
  const std::string path = JobFile("[[job]]\ntarget = \"smb://127.0.0.1:1/s\"\n");
  const absl::StatusOr<CommandLine> line = ParseCommandLine({"suite", path, "--json=out"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->json, "out");
  EXPECT_NE(ErrorOf({"suite", JobFile("[[job]]\ntarget = \"smb://127.0.0.1:1/s\"\n"
                                      "json = \"out\"\n")})
                .find("one file"),
            std::string::npos);
}

TEST(JobFileTest, TargetOfTheCommandLineWins) {
  const std::string path = JobFile("[[job]]\ntarget = \"smb://127.0.0.1:1/s\"\n");
  const absl::StatusOr<CommandLine> line =
      ParseCommandLine({"suite", path, "smb://127.0.0.1:2/other"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->runs[0].client.share, "other");
}

TEST(JobFileTest, ErrorsHaveFileAndLine) {
  EXPECT_NE(ErrorOf({"suite", JobFile("[[job]]\n\nbogus =\n")}).find("jobs.toml:3"),
            std::string::npos);
  EXPECT_NE(
      ErrorOf({"suite", JobFile("[[job]]\ntarget = \"smb://h/s\"\nbogus = 1\n")}).find("--bogus"),
      std::string::npos);
  EXPECT_NE(ErrorOf({"suite", JobFile("[defaults]\n")}).find("[[job]]"), std::string::npos);
  EXPECT_NE(ErrorOf({"suite", JobFile("[[job]]\nbs = [1]\n")}).find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace sluice::bench
