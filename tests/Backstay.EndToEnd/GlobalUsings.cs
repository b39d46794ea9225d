global using Backstay.EndToEnd.Fixture;
global using Xunit;
