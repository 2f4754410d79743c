#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "crypto/constant_time.h"
#include "tests/crypto/hex.h"

namespace sluice::crypto {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes<16>>);
static_assert(!std::is_copy_assignable_v<SecretBytes<16>>);
static_assert(!std::is_copy_constructible_v<SecretBuffer>);
static_assert(!std::is_copy_assignable_v<SecretBuffer>);

TEST(SecretBytesTest, WipesOnDestruction) {
  // The object lives in memory that outlives it, so that what it leaves can be looked at.
  alignas(SecretBytes<32>) uint8_t memory[sizeof(SecretBytes<32>)];
  auto* secret = new (memory) SecretBytes<32>(Bytes(32, 0xa5));
  ASSERT_EQ(Copy(secret->span()), Bytes(32, 0xa5));
  secret->~SecretBytes();
  // Read through volatile: for the compiler the object is gone.
  for (const volatile uint8_t& byte : memory) EXPECT_EQ(byte, 0);
}

TEST(SecretBytesTest, WipesWhatItIsMovedFrom) {
  SecretBytes<16> from(Bytes(16, 7));
  SecretBytes<16> to = std::move(from);
  EXPECT_EQ(Copy(to.span()), Bytes(16, 7));
  EXPECT_EQ(Copy(from.span()), Bytes(16));  // NOLINT(bugprone-use-after-move)
  SecretBytes<16> again;
  again = std::move(to);
  EXPECT_EQ(Copy(again.span()), Bytes(16, 7));
  EXPECT_EQ(Copy(to.span()), Bytes(16));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(Copy(again.Clone().span()), Bytes(16, 7));
}

TEST(SecretBufferTest, IsAlignedAndMovesWithoutCopying) {
  SecretBuffer from(Bytes(100, 9));
  const uint8_t* const memory = from.data();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % SecretBuffer::kAlignment, 0u);
  SecretBuffer to = std::move(from);
  EXPECT_EQ(to.data(), memory);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)
  SecretBuffer again(Bytes(3, 1));
  again = std::move(to);
  EXPECT_EQ(again.data(), memory);
  EXPECT_EQ(Copy(again.span()), Bytes(100, 9));
  again.Clear();
  EXPECT_TRUE(again.empty());
  again.Clear();
}

TEST(ConstantTimeEqualTest, ComparesEveryByte) {
  const Bytes a = Hex("000102030405060708090a0b0c0d0e0f");
  EXPECT_TRUE(ConstantTimeEqual(a, a));
  EXPECT_TRUE(ConstantTimeEqual({}, {}));
  EXPECT_FALSE(ConstantTimeEqual(a, {}));
  for (size_t i = 0; i < a.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes b = a;
      b[i] ^= static_cast<uint8_t>(1 << bit);
      EXPECT_FALSE(ConstantTimeEqual(a, b));
    }
  }
}

}  // namespace
}  // namespace sluice::crypto
