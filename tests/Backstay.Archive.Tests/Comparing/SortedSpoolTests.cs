using CsCheck;

namespace Backstay.Archive.Tests.Comparing;

public sealed class SortedSpoolTests
{
    private static readonly int[] RunBytes = [64, 1024, SortedSpool.RunBytes];

    [Fact]
    public void Records_come_back_by_their_keys_however_often_they_had_to_be_merged()
    {
        var records = Gen.Byte.Array[0, 3].Array[0, 200];

        // A run for every 64 bytes, three of them merged at a time: four passes and more.
        Gen.Select(records, Gen.Int[0, 2]).Sample((keys, size) =>
        {
            using var spool = new SortedSpool(Path.GetTempPath(), RunBytes[size], fanIn: 3);
            for (int i = 0; i < keys.Length; i++)
                spool.Add(keys[i], BitConverter.GetBytes(i));
            spool.Complete();

            var read = new List<int>();
            for (SortedReader reader = spool.Read(); reader.MoveNext();)
                read.Add(BitConverter.ToInt32(reader.Current.Value));

            Assert.Equal(Enumerable.Range(0, keys.Length).OrderBy(i => Convert.ToHexString(keys[i]), StringComparer.Ordinal), read);
            Assert.InRange(spool.RunCount, 0, 3);
        });
    }

    [Fact]
    public void A_record_may_be_longer_than_a_run_and_than_a_buffer()
    {
        using var spool = new SortedSpool(Path.GetTempPath(), runBytes: 1000);
        byte[] longKey = Enumerable.Repeat((byte)'k', 100_000).ToArray();
        spool.Add(longKey, "long"u8);
        spool.Add("a"u8, "short"u8);
        spool.Complete();

        SortedReader reader = spool.Read();

        Assert.True(reader.MoveNext());
        Assert.Equal("short"u8, reader.Current.Value);
        Assert.True(reader.MoveNext());
        Assert.Equal(longKey, reader.Current.Key);
        Assert.Equal("long"u8, reader.Current.Value);
        Assert.False(reader.MoveNext());
    }
}
