#include "tools/sluicectl/samba/smb_conf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/printable.h"

namespace sluice::samba {
namespace {

constexpr int kIncludeDepthMax = 16;
// Files that include others several times are read as often.
constexpr int kIncludesMax = 100;
constexpr size_t kBytesMax = 1u << 20;

struct Synonym {
  absl::string_view name;  // without spaces
  absl::string_view preferred;
  bool inverted = false;
};

// Names are compared without case and spaces, so only the synonyms are here.
constexpr Synonym kSynonyms[] = {
    {"allowhosts", "hosts allow"},
    {"autoservices", "preload"},
    {"browsable", "browseable"},
    {"casesignames", "case sensitive"},
    {"createmode", "create mask"},
    {"debuglevel", "log level"},
    {"default", "default service"},
    {"denyhosts", "hosts deny"},
    {"directory", "path"},
    {"directorymode", "directory mask"},
    {"exec", "preexec"},
    {"group", "force group"},
    {"lockdir", "lock directory"},
    {"maxprotocol", "server max protocol"},
    {"minprotocol", "server min protocol"},
    {"onlyguest", "guest only"},
    {"printok", "printable"},
    {"protocol", "server max protocol"},
    {"public", "guest ok"},
    {"root", "root directory"},
    {"rootdir", "root directory"},
    {"smbencrypt", "server smb encrypt"},
    {"user", "username"},
    {"users", "username"},
    {"vfsobject", "vfs objects"},
    {"writable", "read only", true},
    {"writeable", "read only", true},
    {"writeok", "read only", true},
};

std::string Compact(absl::string_view name) {
  std::string out;
  for (const char c : name) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) {
      out += absl::ascii_tolower(static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string Simplified(absl::string_view name) {
  std::string text = absl::AsciiStrToLower(name);
  absl::RemoveExtraAsciiWhitespace(&text);
  return text;
}

Parameter Named(absl::string_view name) {
  Parameter parameter;
  parameter.name = Simplified(name);
  const std::string compact = Compact(name);
  for (const Synonym& synonym : kSynonyms) {
    if (compact == synonym.name) {
      parameter.name = std::string(synonym.preferred);
      parameter.inverted = synonym.inverted;
    }
  }
  return parameter;
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// What `path` holds, at most `room` bytes. A pipe or a device may never end, so it is not opened.
absl::StatusOr<std::string> ReadText(const std::string& path, size_t room) {
  const auto failed = [&path](absl::string_view why) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path, ": ", why));
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return failed(std::strerror(errno));
  const absl::Cleanup close_fd = [fd] { close(fd); };
  struct stat status {};
  if (fstat(fd, &status) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return failed("it is not a regular file");
  std::string text;
  char buffer[16384];
  while (true) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(std::strerror(errno));
    if (got == 0) break;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > room) {
      return failed(absl::StrCat("the files together have more than ", kBytesMax, " bytes"));
    }
  }
  if (!base::IsUtf8(text)) {
    return failed("it is not UTF-8; convert it, such as with iconv -f ISO-8859-1 -t UTF-8");
  }
  return text;
}

class Parser {
 public:
  // `room` is what included files may have together.
  Parser(SmbConf* out, size_t room) : out_(out), section_(&out->global), room_(room) {}

  void Parse(absl::string_view text, const std::string& path, int depth);

 private:
  void Line(absl::string_view line, const std::string& path, const std::string& place, int depth);
  void Include(const std::string& value, const std::string& from, const std::string& place,
               int depth);
  void Enter(absl::string_view name);
  void Problem(const std::string& place, absl::string_view what) {
    out_->problems.push_back(absl::StrCat(place, ": ", what));
  }

  SmbConf* const out_;
  Section* section_;
  size_t room_;
  int includes_ = 0;
};

// A backslash at its end joins a line to the next one.
void Parser::Parse(absl::string_view text, const std::string& path, int depth) {
  int number = 0;
  int begun = 0;
  std::string joined;
  std::istringstream lines{std::string(text)};
  std::string raw;
  while (std::getline(lines, raw)) {
    ++number;
    if (joined.empty()) begun = number;
    const absl::string_view stripped = absl::StripTrailingAsciiWhitespace(raw);
    if (absl::EndsWith(stripped, "\\")) {
      absl::StrAppend(&joined, stripped.substr(0, stripped.size() - 1));
      if (joined.empty()) joined = " ";
      continue;
    }
    absl::StrAppend(&joined, stripped);
    Line(absl::StripAsciiWhitespace(joined), path, absl::StrCat(BaseName(path), ":", begun), depth);
    joined.clear();
  }
  Line(absl::StripAsciiWhitespace(joined), path, absl::StrCat(BaseName(path), ":", begun), depth);
}

void Parser::Line(absl::string_view line, const std::string& path, const std::string& place,
                  int depth) {
  if (line.empty() || line[0] == '#' || line[0] == ';') return;
  if (line[0] == '[') {
    const size_t end = line.find(']');
    if (end == absl::string_view::npos) {
      Problem(place, "a section without its ]; what follows counts for the section before");
      return;
    }
    Enter(absl::StripAsciiWhitespace(line.substr(1, end - 1)));
    return;
  }
  const size_t equals = line.find('=');
  if (equals == absl::string_view::npos) {
    Problem(place, "neither a section nor a parameter; Samba ignores the line too");
    return;
  }
  Parameter parameter = Named(absl::StripAsciiWhitespace(line.substr(0, equals)));
  parameter.value = std::string(absl::StripAsciiWhitespace(line.substr(equals + 1)));
  parameter.place = place;
  if (parameter.name == "include") {
    Include(parameter.value, path, place, depth);
  } else {
    section_->parameters.push_back(std::move(parameter));
  }
}

void Parser::Include(const std::string& value, const std::string& from, const std::string& place,
                     int depth) {
  if (value.find('%') != std::string::npos) {
    Problem(place, absl::StrCat("include = ", value,
                                ": which file that is depends on the client, so nothing was "
                                "included; Sluice has one configuration for all clients"));
    return;
  }
  if (value == "registry") {
    Problem(place,
            "include = registry: Samba's registry was not read; write it to a file with `net conf "
            "list` and import that too");
    return;
  }
  if (++includes_ > kIncludesMax) {
    if (includes_ == kIncludesMax + 1) {
      Problem(place, absl::StrCat("include: there are more than ", kIncludesMax,
                                  "; from here on nothing was included"));
    }
    return;
  }
  if (depth >= kIncludeDepthMax) {
    Problem(place, "include: too many files include one another");
    return;
  }
  const size_t slash = from.rfind('/');
  const bool relative = !absl::StartsWith(value, "/") && slash != std::string::npos;
  const std::string path = relative ? from.substr(0, slash + 1) + value : value;
  const absl::StatusOr<std::string> text = ReadText(path, room_);
  if (text.ok()) room_ -= text->size();
  if (!text.ok()) {
    Problem(place, absl::StrCat("include: ", text.status().message(), "; nothing was included"));
    return;
  }
  Parse(*text, path, depth + 1);
}

void Parser::Enter(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "global") || absl::EqualsIgnoreCase(name, "globals")) {
    section_ = &out_->global;
    return;
  }
  const auto same = [name](const Section& section) {
    return absl::EqualsIgnoreCase(section.name, name);
  };
  const auto found = std::find_if(out_->shares.begin(), out_->shares.end(), same);
  if (found != out_->shares.end()) {
    section_ = &*found;
    return;
  }
  out_->shares.push_back({std::string(name), {}});
  section_ = &out_->shares.back();
}

}  // namespace

const Parameter* Section::Find(absl::string_view wanted) const {
  const auto found = std::find_if(parameters.rbegin(), parameters.rend(),
                                  [wanted](const Parameter& p) { return p.name == wanted; });
  return found == parameters.rend() ? nullptr : &*found;
}

SmbConf ParseSmbConf(absl::string_view text, const std::string& file) {
  SmbConf conf;
  conf.global.name = "global";
  Parser(&conf, kBytesMax - std::min(kBytesMax, text.size())).Parse(text, file, 0);
  return conf;
}

absl::StatusOr<SmbConf> ReadSmbConf(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path, kBytesMax);
  if (!text.ok()) return text.status();
  return ParseSmbConf(*text, path);
}

bool ParseBool(absl::string_view value, bool* out) {
  const std::string text = absl::AsciiStrToLower(value);
  for (const char* yes : {"yes", "true", "on", "1"}) {
    if (text == yes) return *out = true;
  }
  *out = false;
  return text == "no" || text == "false" || text == "off" || text == "0";
}

std::vector<std::string> ParseNames(absl::string_view value) {
  std::vector<std::string> names;
  std::string name;
  bool quoted = false;
  const auto end = [&] {
    if (!name.empty()) names.push_back(std::exchange(name, ""));
  };
  for (const char c : value) {
    if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == ';' || absl::ascii_isspace(c))) {
      end();
    } else {
      name += c;
    }
  }
  end();
  return names;
}

}  // namespace sluice::samba
