using System.Security.Cryptography;
using Backstay.Controller.Backups.Uploads;
using CsCheck;
using Microsoft.Extensions.Primitives;

namespace Backstay.Controller.Tests.Backups.Uploads;

public sealed class ContentDigestTests
{
    private static readonly byte[] Digest = SHA256.HashData("x"u8);
    private static readonly string Base64 = Convert.ToBase64String(Digest);

    public static TheoryData<string> Readable =>
    [
        $"sha-256=:{Base64}:", $"sha-512=:AAAA:, sha-256=:{Base64}:", $"sha-256=:{Base64}:,md5=:AAAA:", $"sha-256=:{Base64}:;a=1", $"sha-256=:AAAA:, sha-256=:{Base64}:",
    ];

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_dictionary_with_sha_256_is_read(string header) => Assert.Equal(Digest, ContentDigest.Sha256Of(header));

    [Fact]
    public void Lines_are_one_dictionary() => Assert.Equal(Digest, ContentDigest.Sha256Of(new StringValues(["md5=:AAAA:", $"sha-256=:{Base64}:"])));

    [Fact]
    public void No_header_makes_it_throw() =>
        Gen.String[Gen.Char["sha-256=:;, AZaz09+/=\""], 0, 100].Sample(header =>
        {
            ContentDigest.Sha256Of(header);
            Assert.Null(ContentDigest.Sha256Of($"sha-256=:{header}"));
        });
}
