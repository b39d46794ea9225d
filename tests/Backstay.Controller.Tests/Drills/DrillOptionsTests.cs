using System.ComponentModel.DataAnnotations;
using Backstay.Controller.Drills;

namespace Backstay.Controller.Tests.Drills;

public sealed class DrillOptionsTests
{
    [Fact]
    public void The_defaults_are_those_that_are_documented()
    {
        var options = new DrillOptions();
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        Assert.Equal(
            (TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromDays(3)),
            (options.Lease, options.AskInterval, options.LookInterval, options.RetryAfter, options.GiveUpAfter));
    }
}
