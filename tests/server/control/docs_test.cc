// The pages that are made from tables say what the tables say.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/control/command_help.h"

namespace sluice::control {
namespace {

constexpr char kMarker[] = "say how to bring it up to date. -->\n";

std::string Read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// On failure the right page is left where the message says.
void ExpectPage(const std::string& page, const std::string& wanted) {
  if (Read(page) == wanted) return;
  const char* const outputs = getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  const std::string fresh = absl::StrCat(outputs != nullptr ? outputs : testing::TempDir(), "/",
                                         page.substr(page.rfind('/') + 1));
  std::ofstream(fresh) << wanted;
  ADD_FAILURE() << page << " is not what the tables say. Run: cp " << fresh << " " << page;
}

TEST(Docs, ControlSocketPageIsUpToDate) {
  const std::string page = Read("docs/control-socket.md");
  const size_t marker = page.find(kMarker);
  ASSERT_NE(marker, std::string::npos);
  ExpectPage("docs/control-socket.md",
             page.substr(0, marker + sizeof(kMarker) - 1) + CommandReference());
}

TEST(Docs, PreferencesPageIsUpToDate) { ExpectPage("docs/preferences.md", PreferenceReference()); }

}  // namespace
}  // namespace sluice::control
