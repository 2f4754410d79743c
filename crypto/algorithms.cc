#include "crypto/algorithms.h"

#include <array>

namespace sluice::crypto {
namespace {

template <typename T>
struct Row {
  T value;
  absl::string_view name;
};

constexpr std::array<Row<SigningAlgorithm>, 3> kSigningAlgorithms = {{
    {SigningAlgorithm::kHmacSha256, "HMAC-SHA256"},
    {SigningAlgorithm::kAes128Cmac, "AES-128-CMAC"},
    {SigningAlgorithm::kAes128Gmac, "AES-128-GMAC"},
}};

constexpr std::array<Row<Cipher>, 5> kCiphers = {{
    {Cipher::kNone, "none"},
    {Cipher::kAes128Ccm, "AES-128-CCM"},
    {Cipher::kAes128Gcm, "AES-128-GCM"},
    {Cipher::kAes256Ccm, "AES-256-CCM"},
    {Cipher::kAes256Gcm, "AES-256-GCM"},
}};

template <typename Rows, typename T>
absl::string_view NameOf(const Rows& rows, T value) {
  for (const auto& row : rows) {
    if (row.value == value) return row.name;
  }
  return "unknown";
}

template <typename Rows, typename T>
bool Parse(const Rows& rows, absl::string_view name, T* value) {
  for (const auto& row : rows) {
    if (row.name == name) {
      *value = row.value;
      return true;
    }
  }
  return false;
}

}  // namespace

absl::string_view Name(SigningAlgorithm algorithm) { return NameOf(kSigningAlgorithms, algorithm); }

bool ParseSigningAlgorithm(absl::string_view name, SigningAlgorithm* algorithm) {
  return Parse(kSigningAlgorithms, name, algorithm);
}

absl::string_view Name(Cipher cipher) { return NameOf(kCiphers, cipher); }

bool ParseCipher(absl::string_view name, Cipher* cipher) { return Parse(kCiphers, name, cipher); }

}  // namespace sluice::crypto
